"""Fine-tuning jobs: states, rows, the one writer of both, estimates."""
