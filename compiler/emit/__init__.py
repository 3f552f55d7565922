"""A plan as a chart: Mermaid, DOT and characters in a terminal."""

from __future__ import annotations

from .dot import dot
from .mermaid import mermaid
from .terminal import terminal

__all__ = ["dot", "mermaid", "terminal"]
