"""What the Kubernetes adapter is told: its settings, operations and their arguments."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from ...compiler.plan import Effect
from .arguments import Duration, Given
from .contract import Description, Operation
from .kubernetes_permissions import needs

_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
Name = Annotated[str, StringConstraints(pattern=_NAME, max_length=253)]
_RELATIVE = re.compile(r"[+-][0-9]{1,4}")


def _is_replicas(value: int | str) -> int | str:
    if isinstance(value, str) and not _RELATIVE.fullmatch(value):
        raise ValueError("is a number, or a difference like +2")
    if isinstance(value, int) and not 0 <= value <= 10_000:
        raise ValueError("is from 0 to 10000")
    return value


class Settings(Given):
    """Which cluster."""

    kubeconfig: str = Field("", description="The kubeconfig; else KUBECONFIG or the cluster's own.")
    context: str = Field("", description="The context of the kubeconfig; else its current one.")
    namespace: str = Field("", description="The namespace; else that of the context.")
    timeout: Duration = Field("10s", description="How long one request may take.")


class Of(Given):
    """A Deployment, by name."""

    deployment: Name = Field(description="The Deployment.")
    namespace: str = Field("", description="Its namespace; else that of the settings.")


class Scale(Of):
    """How many replicas."""

    replicas: Annotated[int | str, AfterValidator(_is_replicas)] = Field(
        description="How many there shall be, or a difference like `+2`."
    )
    max: int | None = Field(None, ge=1, description="Never more than this.")


class Undo(Of):
    """Back to an earlier revision."""

    to_revision: int | None = Field(
        None, ge=1, description="The revision; else the newest one that differs from what runs."
    )


class Healthy(Of):
    """Whether a Deployment is well for some time."""

    hold: Duration = Field("30s", alias="for", description="How long without a break.")
    within: Duration = Field("5m", description="How long to wait for that.")


class Judge(Of):
    """A canary beside the rest of its Deployment."""

    hold: Duration = Field("1m", alias="for", description="How long both are watched.")
    at_least: int = Field(
        1, ge=1, le=1_000, description="How many pods of each must be seen all the time."
    )


class Rollout(Of):
    """Whether something was rolled out lately."""

    within: Duration = Field("2h", description="How far back is lately.")


class Canary(Of):
    """A share of the replicas with another image."""

    image: str = Field(min_length=1, max_length=1_000, description="The image of the fix.")
    container: str = Field("", description="The container; else the first.")
    percent: int = Field(10, ge=1, le=100, description="Share of the replicas, rounded up.")


class Promote(Of):
    """All replicas with the image of the canary."""

    image: str = Field(min_length=1, max_length=1_000, description="The image of the fix.")
    container: str = Field("", description="The container; else the first.")


class Flag(Given):
    """A key of a ConfigMap."""

    config_map: Name = Field(description="The ConfigMap.")
    namespace: str = Field("", description="Its namespace; else that of the settings.")
    key: str = Field(pattern=r"^[-._a-zA-Z0-9]{1,253}$", description="The key.")
    value: str = Field(description="What it shall hold.")


def _reads(name: str, summary: str, model: type[Given]) -> Operation:
    return Operation(name, summary, Effect.READ, model, needs=partial(needs, name))


def _changes(name: str, summary: str, effect: Effect, model: type[Given]) -> Operation:
    return Operation(name, summary, effect, model, needs=partial(needs, name))


IDEMPOTENT, UNSAFE = Effect.IDEMPOTENT, Effect.UNSAFE
DESCRIPTION = Description(
    "kubernetes",
    "Deployments and flags of a Kubernetes cluster.",
    Settings,
    (
        _reads("status", "How a Deployment stands.", Of),
        _reads("healthy", "Well for a stated time: no restarts, no failures.", Healthy),
        _reads("judge", "Whether the canary did no worse than the rest.", Judge),
        _reads("recent_rollout", "Whether it was rolled out lately.", Rollout),
        _reads("logs", "The last lines of its pods.", Of),
        _reads("events", "The newest events of its objects.", Of),
        _changes("scale", "Set how many replicas there are.", IDEMPOTENT, Scale),
        _changes("pause", "Stop rolling out changes.", IDEMPOTENT, Of),
        _changes("resume", "Go on rolling out changes.", IDEMPOTENT, Of),
        _changes("flag", "Set a key of a ConfigMap.", IDEMPOTENT, Flag),
        _changes("restart", "Replace all pods, one after another.", UNSAFE, Of),
        _changes("undo", "Go back to an earlier revision.", UNSAFE, Undo),
        _changes("canary", "Give a share of the replicas another image.", UNSAFE, Canary),
        _changes("promote", "Give all replicas the canary's image, and end it.", UNSAFE, Promote),
        _changes("abort", "End the canary.", UNSAFE, Of),
    ),
)
CHANGES = frozenset(each.name for each in DESCRIPTION.operations if each.effect is not Effect.READ)
"""Operations that change something."""
