"""The ports in memory: for tests that need no AWS. The contract tests hold them equal to the real ones."""
