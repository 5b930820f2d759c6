"""The pipeline: one file a step."""
