"""A plan as a graph in the DOT language of Graphviz."""

from __future__ import annotations

from ..plan import Plan
from .labels import agent_label, stage_label

_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\"})


def dot(plan: Plan) -> str:
    """The digraph, one line a stage and one an edge, in plan order."""
    lines = [f"digraph {_quoted(plan.name or 'plan')} {{", "    node [shape=box];"]
    for stage in plan.stages:
        parts = [part for part in (stage_label(stage), agent_label(stage)) if part]
        label = "\\n".join(part.translate(_ESCAPES) for part in parts)
        lines.append(f'    {_quoted(stage.id)} [label="{label}"];')
    lines.extend(
        f"    {_quoted(need)} -> {_quoted(stage.id)};"
        for stage in plan.stages
        for need in stage.needs
    )
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
