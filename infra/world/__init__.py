"""The registry world: an invented city's registries for demonstrations and tests, with the dirt that real ones have."""

from infra.world.make import Summary, make

__all__ = ["Summary", "make"]
