"""Base models as data: limits, prices, encodings, dates."""
