"""The terminal: up, check, run, and each part alone."""
