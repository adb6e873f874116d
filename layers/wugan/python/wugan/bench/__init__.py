"""The item managers' bench (事项管理): versions, drafts, simulations, releases, statistics."""
