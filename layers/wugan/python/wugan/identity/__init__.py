"""Identity authentication (身份认证): one port, its vendors behind it."""
