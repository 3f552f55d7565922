"""The findings of a lint as text and as data, the counts of rules, and the summary."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ...dsl.diagnostics import Diagnostic, Level
from ...dsl.source import SourceFile
from ..documents import counted
from ..files import Listing
from ..terminal import PIPED_WIDTH, screen

Sources = Mapping[str, SourceFile]


def rendered(form: str, sources: Sources, found: Sequence[Diagnostic], statistics: bool) -> str:
    """What ``armada lint`` prints in one of its forms."""
    from ...dsl.render import as_github, as_json, render_text

    if statistics:
        return _counts(form, found)
    if form == "json":
        findings = as_json(sources, found)
        return _json({"findings": findings, "files": len(sources), **_levels(found)})
    if form == "github":
        return as_github(sources, found)
    looks = screen(sys.stdout)
    width = looks.width if looks.interactive else PIPED_WIDTH
    return render_text(sources, found, color=looks.color, width=width)


def _levels(found: Sequence[Diagnostic]) -> dict[str, int]:
    return {f"{level.value}s": sum(d.level is level for d in found) for level in Level}


def _json(data: Any) -> str:
    import json

    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _counts(form: str, found: Sequence[Diagnostic]) -> str:
    counts: dict[str, int] = {}
    for diagnostic in found:
        counts[diagnostic.code] = counts.get(diagnostic.code, 0) + 1
    if form == "json":
        return _json(dict(sorted(counts.items())))
    return "".join(f"{count:5}  {code}\n" for code, count in sorted(counts.items()))


def summary(files: Listing, found: Sequence[Diagnostic], mended: int) -> str:
    """How many findings in how many files, what was mended, what was passed over."""
    fixable = sum(one.fix is not None for one in found)
    parts = [f"{counted(found)} in {plural(len(files.paths), 'file')}"]
    parts += [f"{plural(mended, 'fix', 'fixes')} applied"] if mended else []
    parts += [f"{fixable} can be mended by --fix"] if fixable else []
    return f"{'; '.join(parts)}{passed_over(files)}"


def plural(number: int, one: str, many: str = "") -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def passed_over(files: Listing) -> str:
    """The end of a sentence about Markdown that is no workflow; empty where there was none."""
    number = files.passed_over
    if not number:
        return ""
    what = "Markdown file that is no workflow" if number == 1 else "Markdown files that are none"
    return f"; {number} {what} passed over"
