"""Cordboard: a self-hosted, multi-tenant voice platform."""
