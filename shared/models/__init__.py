"""Tuned models: where they come from and whether they answer."""
