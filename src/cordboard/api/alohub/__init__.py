"""Alohub's dialect: the one place where its paths, field names and codes exist."""
