"""The case (办件): its stages, events, waits and ends. Pure but for `service.py`, which calls the ports."""
