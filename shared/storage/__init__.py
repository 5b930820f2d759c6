"""Where the bytes of datasets and results are kept."""
