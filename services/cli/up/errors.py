"""Errors of `tuneyard up`: each is one sentence for the person at the terminal"""


class CannotStart(Exception):
    """Something stands in the way; the message says what, and what to do."""
