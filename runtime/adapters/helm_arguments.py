"""What the Helm adapter is told: its settings, operations and their arguments."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import Field, StringConstraints

from ...compiler.plan import Effect
from .arguments import Duration, Given
from .contract import Description, Operation
from .helm_permissions import needs

_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
Release = Annotated[str, StringConstraints(pattern=_NAME, max_length=53)]
Word = Annotated[str, StringConstraints(pattern=r"^[^-\x00][^\x00]*$", max_length=1_000)]
"""An argument that cannot be taken for an option."""


class Settings(Given):
    """Which helm, and which cluster."""

    program: str = Field("helm", min_length=1, description="The program.")
    kubeconfig: str = Field("", description="The kubeconfig file; else KUBECONFIG.")
    context: str = Field("", description="The context of the kubeconfig; else its current one.")
    namespace: str = Field("", description="The namespace; else that of the context.")


class Of(Given):
    """A release, by name."""

    release: Release = Field(description="The release.")
    namespace: str = Field("", description="Its namespace; else that of the settings.")


class Rollback(Of):
    """Back to a revision that was good."""

    to_revision: int | None = Field(
        None, ge=1, description="The revision; else the newest that worked before this one."
    )
    from_revision: int | None = Field(
        None, ge=1, description="Only while this revision is the newest; filled in when approved."
    )
    wait: Duration = Field("5m", description="How long to wait until its objects are ready.")


class Upgrade(Of):
    """Another version of the chart, or other values."""

    chart: Word = Field(description="The chart: a folder, an archive, or `repository/name`.")
    version: str = Field("", pattern=r"^[^-]?[^\x00]*$", description="The version of the chart.")
    values: dict[str, str] = Field(
        default_factory=dict, description="Values by name, each taken as a text."
    )
    reuse_values: bool = Field(True, description="Keep the other values of the release.")
    from_revision: int | None = Field(
        None, ge=1, description="Only while this revision is the newest; filled in when approved."
    )
    wait: Duration = Field("5m", description="How long to wait until its objects are ready.")


def _reads(name: str, summary: str) -> Operation:
    return Operation(name, summary, Effect.READ, Of, needs=partial(needs, name))


def _changes(name: str, summary: str, model: type[Given]) -> Operation:
    return Operation(name, summary, Effect.UNSAFE, model, needs=partial(needs, name))


DESCRIPTION = Description(
    "helm",
    "Releases of Helm, by its program.",
    Settings,
    (
        _reads("status", "How a release stands."),
        _reads("history", "The revisions of a release."),
        _changes("rollback", "Go back to a revision.", Rollback),
        _changes("upgrade", "Install another version.", Upgrade),
    ),
)
