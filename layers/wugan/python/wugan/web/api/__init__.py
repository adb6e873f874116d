"""The JSON interface: the table of operations, and everything that follows from it."""
