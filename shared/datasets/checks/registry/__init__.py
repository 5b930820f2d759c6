"""The rows of the registry of codes, by what they concern."""
