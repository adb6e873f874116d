"""Wugan (无感): approvals that the government starts itself. One package, layered as `docs/architecture.md` draws it."""
