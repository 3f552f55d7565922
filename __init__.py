"""Armada: incident workflow documents, compiled, drilled and run by one kernel."""

__version__ = "0.1.0"
