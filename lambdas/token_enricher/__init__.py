"""Pre token generation trigger of the user pool. Standard library only: it runs at every sign-in and every refresh."""
