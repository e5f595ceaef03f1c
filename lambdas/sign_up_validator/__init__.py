"""Pre sign-up trigger of the user pool: checks what a new user says, and links a provider's user to an account."""
