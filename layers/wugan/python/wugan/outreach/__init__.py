"""Outreach (主动推送): one port, its channels behind it, and the plan of who is told what and how."""
