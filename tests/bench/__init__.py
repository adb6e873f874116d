"""Benches: `make bench`, or `make bench-NAME` for one. See `docs/benchmarks.md`."""
