"""What both dialects share: the door (keys, cross-origin), bodies, fields, health. No word of either dialect."""
