"""Texts on which a search once found that something did not hold, each with its target."""

from __future__ import annotations

FOUND: tuple[tuple[str, str], ...] = (
    # fmt took a table of HTML on one line for one of pipes
    (
        "policy",
        "<table><tr><th>Level</th><th>SLA</th></tr><tr><td>P1</td><td>1 h</td></tr></table>",
    ),
)
