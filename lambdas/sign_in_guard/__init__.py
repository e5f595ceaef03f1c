"""Pre and post authentication trigger of the user pool: counts sign-in attempts, and locks who fails too often."""
