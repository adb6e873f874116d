"""The officials' pages, a room for each (审批工作台)."""
