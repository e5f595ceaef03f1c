"""The little that the handlers off the token path share: environment, logging, database, events."""
