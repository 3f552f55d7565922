"""``python -m armada``: the same command as ``armada``."""

from __future__ import annotations

from .cli.main import main

if __name__ == "__main__":
    main()
