"""Courier (寄递): one port, its couriers behind it."""
