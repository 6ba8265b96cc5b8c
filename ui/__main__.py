"""`python -m ui`: the chat page without the command line of `citewire`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ui import launch

parser = argparse.ArgumentParser(prog="python -m ui", description="Open the chat page.")
parser.add_argument("--library", type=Path, metavar="DIR", help="Folder of the library.")
parser.add_argument("--port", type=int, help="Port of the page.")
parser.add_argument("--no-browser", action="store_true", help="Do not open a browser window.")
chosen = parser.parse_args()
launch(chosen.library, chosen.port, not chosen.no_browser)
