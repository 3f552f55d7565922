"""The words by which a chart shows a stage, in the form that the document's reader understands."""

from __future__ import annotations

from ..plan import Stage


def stage_label(stage: Stage) -> str:
    """``Stage 2a: Diagnose``; the title alone where there is no ordinal."""
    title = " ".join((stage.title or stage.id).split())
    return f"Stage {stage.ordinal}: {title}" if stage.ordinal else title


def agent_label(stage: Stage) -> str:
    """``(observability)``, or nothing."""
    return f"({' '.join(stage.agent.split())})" if stage.agent else ""


def whole_label(stage: Stage) -> str:
    """Stage and agent in one line."""
    return " ".join(part for part in (stage_label(stage), agent_label(stage)) if part)
