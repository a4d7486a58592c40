"""`python -m beamline` is the same as the command `beamline`."""

from beamline.cli import main

main()
