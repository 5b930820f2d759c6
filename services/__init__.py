"""The doors: everything a person or a machine talks to."""
