"""``cordboard up``: start everything on this machine, in the foreground."""

import contextlib
import ctypes
import signal
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from cordboard.cli.output import Result
