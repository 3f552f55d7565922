"""What the Prometheus adapter is told: its settings, and the arguments of its operations."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ...compiler.plan import Effect
from .arguments import Duration, Given, Server
from .contract import Description, Operation
from .matchers import matchers_of
from .permissions import told

PromQL = Annotated[str, Field(min_length=1, max_length=8_000)]

INSTANT, RANGE, RULES = "/api/v1/query", "/api/v1/query_range", "/api/v1/rules"
QUERIES = ("query", "canary", "rest", "samples")
"""Arguments that hold PromQL."""


class Settings(Server):
    """Which server."""


class Query(Given):
    """A question in PromQL."""

    query: PromQL = Field(description="PromQL.")


class Bounded(Query):
    """A question with a bound: every series must keep to it for the whole time."""

    below: float | int | None = Field(None, description="Every value is below this.")
    above: float | int | None = Field(None, description="Every value is above this.")
    hold: Duration | None = Field(
        None, alias="for", description="For how long up to now; else only now."
    )
    stale: Duration = Field("5m", description="Data older than this is no data.")

    @model_validator(mode="after")
    def _a_bound(self) -> Bounded:
        if (self.below is None) == (self.above is None):
            raise ValueError("give one of below and above")
        return self


class Compared(Given):
    """A canary held against what runs beside it, at one time; each query gives one value."""

    canary: PromQL = Field(description="PromQL of the canary's value.")
    rest: PromQL = Field(description="PromQL of the value of what runs beside it.")
    ratio: float | int | None = Field(
        None, gt=0, description="The canary is at most so many times as bad."
    )
    difference: float | int | None = Field(
        None, ge=0, description="The canary is worse by at most this."
    )
    worse: Literal["higher", "lower"] = Field("higher", description="Which values are worse.")
    samples: PromQL = Field(
        description="PromQL of how many samples the canary's value rests on, such as its requests."
    )
    least: int = Field(
        50, ge=1, description="With fewer samples than this nothing is known of the canary."
    )
    stale: Duration = Field("5m", description="Data older than this is no data.")

    @model_validator(mode="after")
    def _a_bound(self) -> Compared:
        if (self.ratio is None) == (self.difference is None):
            raise ValueError("give one of ratio and difference")
        return self


class Alerts(Given):
    """Firing alerts."""

    labels: dict[str, str] = Field(default_factory=dict, description="Only with these labels.")
    stale: Duration = Field("5m", description="Rules not evaluated for so long say nothing.")


def _reads(name: str, summary: str, model: type[Given], *paths: str) -> Operation:
    needs = told(*(f"read access to {path} of the Prometheus" for path in paths))
    return Operation(name, summary, Effect.READ, model, needs=lambda _ask: needs)


DESCRIPTION = Description(
    "prometheus",
    "Measurements and alerts of a Prometheus.",
    Settings,
    (
        _reads("query", "The values now.", Query, INSTANT),
        _reads("check", "Whether values keep to a bound for a time.", Bounded, INSTANT, RANGE),
        _reads("compare", "Whether a canary is as good as what runs beside it.", Compared, INSTANT),
        replace(
            _reads("alerts", "Whether no alert is firing.", Alerts, INSTANT, RULES),
            reads_alerts=matchers_of,
        ),
    ),
)
