"""`python -m ganlab_core`: the command line without the window."""

from __future__ import annotations

import sys

from ganlab_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
