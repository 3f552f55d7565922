"""A plan as a Mermaid flowchart, which GitHub draws and the document's reader reads back."""

from __future__ import annotations

from ..plan import Plan
from .labels import whole_label

_ESCAPES = str.maketrans(
    {'"': "#quot;", "#": "#35;", "<": "#lt;", ">": "#gt;", "\\": "#92;", "`": "#96;"}
)


def mermaid(plan: Plan) -> str:
    """The flowchart, one line a stage and one an edge, in plan order."""
    names = {stage.id: f"s{at}" for at, stage in enumerate(plan.stages, 1)}
    lines = ["flowchart TD"]
    lines.extend(
        f'    {names[stage.id]}["{whole_label(stage).translate(_ESCAPES)}"]'
        for stage in plan.stages
    )
    lines.extend(
        f"    {names[need]} --> {names[stage.id]}" for stage in plan.stages for need in stage.needs
    )
    return "\n".join(lines) + "\n"
