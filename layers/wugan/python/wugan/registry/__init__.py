"""Registries (登记库): feeds taken in, normalised, and looked up by subject. See `docs/registries.md`."""
