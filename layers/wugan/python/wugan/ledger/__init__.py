"""The ledger: a transparency log in the C2SP formats, so that anybody can check that nothing was changed, dropped or added."""
