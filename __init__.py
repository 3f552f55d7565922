"""Armada: incident workflow documents, compiled, drilled and run by one kernel.

The small public surface, loaded on first use so that ``import armada`` costs nothing::

    from armada import SourceFile, compile_source, load_file

    compiled = compile_source(SourceFile("runbook.md", text), load_file)
    if compiled.plan is not None:
        print(compiled.plan.digest)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cli.loading import load_file
    from .compiler.compile import Compiled, compile_source
    from .compiler.plan import Plan, load_plan, plan_schema
    from .dsl.diagnostics import Diagnostic, Level
    from .dsl.read import read
    from .dsl.source import SourceFile, Span
    from .dsl.version import __version__

__all__ = [
    "Compiled",
    "Diagnostic",
    "Level",
    "Plan",
    "SourceFile",
    "Span",
    "__version__",
    "compile_source",
    "load_file",
    "load_plan",
    "plan_schema",
    "read",
]

_HOME = {
    "Compiled": ".compiler.compile",
    "compile_source": ".compiler.compile",
    "Plan": ".compiler.plan",
    "load_file": ".cli.loading",
    "load_plan": ".compiler.plan",
    "plan_schema": ".compiler.plan",
    "Diagnostic": ".dsl.diagnostics",
    "Level": ".dsl.diagnostics",
    "read": ".dsl.read",
    "SourceFile": ".dsl.source",
    "Span": ".dsl.source",
    "__version__": ".dsl.version",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name], __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
