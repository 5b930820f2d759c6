"""What survives a restart: files, jobs, events, checkpoints and models, in SQLite and beside it."""
