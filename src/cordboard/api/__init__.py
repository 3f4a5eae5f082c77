"""The two vendors' dialects over the one house."""
