"""Files that callers hand in: their life, their formats, their checks."""
