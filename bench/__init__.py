"""One file per figure, each a ratio against a named reference in the same run."""
