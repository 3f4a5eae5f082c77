"""Voxloud's API. Nothing in here is known to the core."""
