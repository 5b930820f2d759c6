"""What can train: one small interface, and the engines behind it."""
