"""Post confirmation trigger of the user pool: tells the event bus who registered, and never holds the user up."""
