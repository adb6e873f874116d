"""The pages of the item managers, a room for each thing they do."""
