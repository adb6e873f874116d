"""Approval (审批办结): the port to the approving department; platform or desk behind it."""
