"""Cordboard's own API, for running it: ``/manage/v1``."""
