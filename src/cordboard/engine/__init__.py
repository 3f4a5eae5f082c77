"""The engine: what places the calls. ``port`` says what it must do; ``asterisk`` and ``fake`` do it."""
