"""What both dialects share: the door (keys, limits, cross-origin), bodies, fields, health. No word of either dialect."""
