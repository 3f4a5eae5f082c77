"""The engine that is an Asterisk 20 or later, driven by ARI. Asterisk's words (channel, endpoint) stay in here."""
