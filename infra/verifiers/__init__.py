"""Verifiers of the ledger whose checking code nobody here wrote: Go's and Sigstore's."""
