"""The way to PostgreSQL: engine, sessions, columns."""
