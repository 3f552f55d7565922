"""The findings of a lint as text and as data, the counts of rules, and the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import Any

from ...dsl.diagnostics import Diagnostic, Level
from ...dsl.source import SourceFile
from ..documents import counted
from ..files import Listing
from ..terminal import PIPED_WIDTH, Screen

Sources = Mapping[str, SourceFile]


def rendered(
    form: str, sources: Sources, found: Sequence[Diagnostic], looks: Screen, files: int
) -> str:
    """What ``armada lint`` prints of so many files in one of its forms."""
    from ...dsl.render import as_github, as_json, render_text

    if form == "sarif":
        from .sarif import as_sarif

        return as_sarif(sources, found)
    if form == "json":
        findings = as_json(sources, found)
        return _json({"findings": findings, "files": files, **_levels(found)})
    if form == "github":
        return as_github(sources, found)
    width = looks.width if looks.interactive else PIPED_WIDTH
    return render_text(sources, found, color=looks.color, width=width)


def _levels(found: Sequence[Diagnostic]) -> dict[str, int]:
    return {f"{level.value}s": sum(d.level is level for d in found) for level in Level}


def _json(data: Any) -> str:
    import json

    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def statistics(form: str, found: Sequence[Diagnostic]) -> str:
    """How often each rule was found, the most frequent first; ``[*]`` where --fix mends some."""
    from ..catalogue import CATALOGUE

    counts = Counter(one.code for one in found)
    fixable = {one.code for one in found if one.fix is not None}
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    if form == "json":
        keys = ("code", "name", "count", "fixable")
        values = ((code, CATALOGUE[code].name, n, code in fixable) for code, n in rows)
        return _json([dict(zip(keys, row, strict=True)) for row in values])
    return "".join(
        f"{number:5}  {code}  {'[*]' if code in fixable else '   '} {CATALOGUE[code].name}\n"
        for code, number in rows
    )


def summary(files: Listing, names: Container[str], found: Sequence[Diagnostic], mended: int) -> str:
    """How many findings in how many files, what was mended, what was passed over.

    ``names`` are those of the files that ``--fix`` would write: of shared ones it only reads.
    """
    fixable = sum(one.fix is not None and one.span.file in names for one in found)
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
