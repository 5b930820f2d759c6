"""What the notifier is measured with: receivers, a database with fsync on, a notifier as production runs it."""
