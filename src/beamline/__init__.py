"""Beamline: reproducible dialogue-summarization experiments whose ROUGE can be trusted."""

import sys

from beamline.core.errors import print_uncaught

__version__ = "0.1.0"

if sys.argv[:1] == ["-m"]:  # as long as `python -m beamline.train` looks for the module, and in no other program
    sys.excepthook = print_uncaught
