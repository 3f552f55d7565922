"""The findings of a lint as a log of SARIF 2.1.0 (OASIS), for GitHub code scanning and viewers.

Regions count lines and code points from 1, as ``columnKind`` says; a byte-order mark is no column.
The rules are those that were found, each with its page. A fingerprint is the baseline's, and the
number of its like in the file, so that a finding is the same one when its line moves.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ... import __version__
from ...dsl.diagnostics import Diagnostic, Edit, Fix
from ...dsl.source import SourceFile, Span
from ..baseline import fingerprint
from ..catalogue import CATALOGUE
from ..rule import page, page_path

Sources = Mapping[str, SourceFile]

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_FINGERPRINT = "armadaFinding/v1"
_PARTS = {
    "0": "syntax",
    "1": "names",
    "2": "graph",
    "3": "policy",
    "4": "templates",
    "5": "commands",
    "6": "drills-and-bindings",
}
"""What the hundreds of the codes are about."""


def as_sarif(sources: Sources, found: Sequence[Diagnostic]) -> str:
    """The log as text: one run, its rules and its results."""
    codes = sorted({one.code for one in found})
    driver = {
        "name": "armada",
        "semanticVersion": __version__,
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": _results(sources, found, codes),
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str) -> dict[str, Any]:
    rule, text = CATALOGUE[code], page(code)
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "helpUri": Path(page_path(code)).as_uri(),
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": rule.level.value},
        "properties": {"tags": [_PARTS[code[3]]]},
    }


def _results(
    sources: Sources, found: Sequence[Diagnostic], codes: Sequence[str]
) -> list[dict[str, Any]]:
    index = {code: at for at, code in enumerate(codes)}
    seen: Counter[tuple[str, str, str]] = Counter()
    results: list[dict[str, Any]] = []
    for one in found:
        mark = fingerprint(sources, one)
        like = (one.span.file, one.code, mark)
        seen[like] += 1
        result = {
            "ruleId": one.code,
            "ruleIndex": index[one.code],
            "level": one.level.value,
            "message": {"text": _words(one)},
            "locations": [{"physicalLocation": _place(sources, one.span)}],
            "partialFingerprints": {_FINGERPRINT: f"{mark}:{seen[like]}"},
        }
        results.append({**result, **_further(sources, one)})
    return results


def _words(found: Diagnostic) -> str:
    lines = [found.message, *(f"note: {note}" for note in found.notes)]
    return "\n".join(lines + ([f"help: {found.help}"] if found.help else []))


def _further(sources: Sources, found: Diagnostic) -> dict[str, Any]:
    """The other places and the fix, where there are such."""
    further: dict[str, Any] = {}
    if found.secondary:
        further["relatedLocations"] = [
            {
                "id": number,
                "physicalLocation": _place(sources, label.span),
                "message": {"text": label.text or found.message},
            }
            for number, label in enumerate(found.secondary, 1)
        ]
    if found.fix is not None:
        further["fixes"] = [_fix(sources, found.fix)]
    return further


def _fix(sources: Sources, fix: Fix) -> dict[str, Any]:
    files: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        files.setdefault(edit.span.file, []).append(edit)
    changes = [
        {
            "artifactLocation": _artifact(file),
            "replacements": [
                {
                    "deletedRegion": _region(sources[file], edit.span),
                    "insertedContent": {"text": edit.text},
                }
                for edit in edits
            ],
        }
        for file, edits in files.items()
    ]
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _place(sources: Sources, span: Span) -> dict[str, Any]:
    source = sources.get(span.file)
    region = {} if source is None else {"region": _region(source, span)}
    return {"artifactLocation": _artifact(span.file), **region}


def _artifact(file: str) -> dict[str, str]:
    """A file below the working directory as seen from there, any other by its whole path."""
    if not os.path.isabs(file):
        return {"uri": quote(os.path.normpath(file).replace(os.sep, "/"))}
    within = os.path.relpath(file)
    if within.startswith(os.pardir):
        return {"uri": Path(file).as_uri()}
    return {"uri": quote(within.replace(os.sep, "/"))}


def _region(source: SourceFile, span: Span) -> dict[str, int]:
    size = len(source.text)
    start, end = source.position(min(span.start, size)), source.position(min(span.end, size))
    marked = source.text.startswith("\ufeff")
    return {
        "startLine": start.line,
        "startColumn": max(1, start.column - (marked and start.line == 1)),
        "endLine": end.line,
        "endColumn": max(1, end.column - (marked and end.line == 1)),
    }
