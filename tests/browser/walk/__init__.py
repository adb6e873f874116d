"""Every path on the deployed system, in a real browser."""
