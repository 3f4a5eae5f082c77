"""Recordings as files: from the engine's raw audio to what people play."""
