"""The version of Armada, for whoever writes it into a file. The package's ``__version__`` is this."""

from __future__ import annotations

VERSION = "0.1.0"
