"""What every part knows, on floors: each import points down."""
