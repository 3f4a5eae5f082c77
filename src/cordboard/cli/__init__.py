"""The ``cordboard`` command: parses and prints. What it does is done by ``actions``."""

from cordboard.cli.program import main as main
