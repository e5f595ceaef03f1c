"""Custom message trigger of the user pool: each message in Arabic, French or English, and never a reason to fail."""
