"""The demonstration: the deployed system, and everybody who uses it played over HTTP."""
