"""The real vendors' protocols from the vendors' side, written from their documentation and not from our adapters.

Each module is one vendor: what it checks, what it refuses and how it says so, and what it pushes. All of them keep what they did
in the same book and ask the same script as the sandbox's own protocol, so that one invented person's behaviour drives both.
A vendor without an account in the configuration knows no key and refuses everybody.
"""
