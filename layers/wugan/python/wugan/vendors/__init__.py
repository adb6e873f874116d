"""Vendors (外部服务): which ones a bureau has, and its adapters built from that. Part of the wiring, below `wugan.bootstrap`."""
