"""Sandbox vendors: one local HTTP server that stands in for message channels, identity, courier and department.

It imports nothing of `wugan`: an outside party that knows only the written protocol. It binds to 127.0.0.1, calls back to
this machine only, and is never part of a deployment: `wugan.bootstrap` refuses a sandbox URL when the stage is production.
"""
