"""Sending webhooks: which addresses may be reached, one attempt, and when to try again."""
