"""What the Alertmanager adapter is told: its settings, and the arguments of its operations."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ...compiler.plan import Effect
from .arguments import Duration, Given, Server, milliseconds
from .contract import Description, Operation
from .matchers import Matcher, matcher, matchers_of, matches_nothing_named
from .permissions import told

SHORTEST_MS, LONGEST_MS = 5_000, 3_600_000


def _is_matcher(text: str) -> str:
    matcher(text)
    return text


def _is_short(text: str) -> str:
    if not SHORTEST_MS <= milliseconds(text) <= LONGEST_MS:
        raise ValueError("is 5s to 1h: it is renewed while the run goes on")
    return text


MatcherText = Annotated[str, Field(max_length=2_000), AfterValidator(_is_matcher)]
Short = Annotated[Duration, AfterValidator(_is_short)]


class Settings(Server):
    """Which Alertmanager."""


class Selected(Given):
    """Alerts by their labels."""

    labels: dict[str, str] = Field(default_factory=dict, description="With these labels.")
    matchers: list[MatcherText] = Field(
        default_factory=list[MatcherText],
        description='That match these, such as `job=~"api\\|web"`.',
    )

    @property
    def selection(self) -> tuple[Matcher, ...]:
        """All of them as matchers, in a fixed order."""
        given = {"labels": self.labels, "matchers": self.matchers}
        return tuple(sorted(set(matchers_of(given))))


class Silence(Selected):
    """What is kept quiet, and for how long when nobody renews it."""

    lasts: Short = Field(
        "15m", alias="for", description="How long it outlives a host that died; 5s to 1h."
    )
    until: Literal["run", "stage"] = Field(
        "run", description="Renewed until the run is resolved, or only in this stage."
    )
    comment: str = Field("", max_length=1_000, description="Why; else what the action says.")

    @model_validator(mode="after")
    def _not_everything(self) -> Silence:
        if matches_nothing_named(self.selection):
            raise ValueError("give labels or matchers that do not match every alert")
        return self


class Unsilence(Selected):
    """Which of the run's own silences end; all of them where nothing is given."""


class Alerts(Selected):
    """Firing alerts."""

    alive: dict[str, str] = Field(
        default_factory=dict,
        description="Labels of an alert that always fires; where it does not, nothing is known.",
    )


READ = "read access to /api/v2/{} of the Alertmanager"
READS_ALERTS = told(READ.format("alerts"))
WRITES_SILENCES = told(READ.format("silences"), "write access to its silences")

DESCRIPTION = Description(
    "alertmanager",
    "Silences and alerts of an Alertmanager.",
    Settings,
    (
        Operation(
            "alerts",
            "Whether no alert is firing.",
            Effect.READ,
            Alerts,
            needs=lambda _ask: READS_ALERTS,
            reads_alerts=matchers_of,
        ),
        Operation(
            "silence",
            "Keep alerts quiet while the run goes on.",
            Effect.IDEMPOTENT,
            Silence,
            needs=lambda _ask: WRITES_SILENCES,
            hides_alerts=matchers_of,
        ),
        Operation(
            "unsilence",
            "End silences of this run.",
            Effect.IDEMPOTENT,
            Unsilence,
            needs=lambda _ask: WRITES_SILENCES,
        ),
    ),
)
