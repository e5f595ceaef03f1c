"""Queue consumer: writes registered users to PostgreSQL, one statement per batch."""
