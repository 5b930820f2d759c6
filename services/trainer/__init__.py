"""A fine-tuning provider of our own: OpenAI's API on this machine."""
