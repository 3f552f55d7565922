"""Fixing documents: passes until nothing is left to fix.

A file that is not UTF-8 is left alone, and so is
one whose text does not change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..compiler.compile import Compiled, check_source
from ..dsl.diagnostics import Diagnostic
from ..dsl.fixes import apply_fixes
from ..dsl.source import SourceFile
from .documents import NOT_UTF8
from .loading import load_file

MAX_PASSES = 10
Keep = Callable[[Diagnostic], bool]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A document as it was, as its fixes leave it, and how many were applied."""

    before: SourceFile
    after: Compiled
    applied: int


def fix(compiled: Compiled, keep: Keep) -> Fixed:
    """Apply the fixes of the findings that are kept until none is left, a bounded number of times.

    A fix that brings the text back to where it was, or a fix without effect, ends the passes.
    """
    before, applied = compiled.source, 0
    if any(found.code == NOT_UTF8 for found in compiled.diagnostics):
        return Fixed(before, compiled, 0)
    seen = {before.text}
    for _ in range(MAX_PASSES):
        text, number = apply_fixes(compiled.source, filter(keep, compiled.diagnostics))
        if text in seen:
            break
        seen.add(text)
        applied += number
        source = SourceFile(before.name, text)
        compiled = check_source(source, load_file)
    return Fixed(before, compiled, applied)


def unified(fixed: Fixed) -> str:
    """What the fixes change, as a unified diff; empty where they change nothing."""
    return difference(fixed.before, fixed.after.source)


def difference(before: SourceFile, after: SourceFile) -> str:
    """Two texts of one document as a unified diff."""
    from difflib import unified_diff

    lines = unified_diff(
        before.text.splitlines(keepends=True),
        after.text.splitlines(keepends=True),
        before.name,
        after.name,
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
