"""The item (事项): what the government offers, written as data. See `docs/items.md`."""
