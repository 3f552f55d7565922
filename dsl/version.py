"""The version of Armada, in the lowest layer so that every layer may write it into a file."""

from __future__ import annotations

__version__ = "0.1.0"
