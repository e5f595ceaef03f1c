"""Brings the database to the newest of the migrations in this package; invoked at deployment."""
