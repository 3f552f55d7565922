"""Everything outside the coordinator that its hosts share: agenda, draws, system, who is listening.

An environment outlives a crash of the coordinator. Happenings are closures over it; whatever they
find is found at the moment they occur. ``reading`` is what was measured around the last effect, for
the journal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..compiler.plan import Plan
from ..runtime.kernel.events import Event
from ..runtime.kernel.index import Index, index_of
from .agenda import Agenda, Class, Key
from .distributions import Distribution, sample
from .faults import Faults, compile_faults
from .random import Draws
from .responses import Responses, lenient
from .scenario import Scenario
from .selectors import Selection
from .world import World


class Happening(NamedTuple):
    """Something on the agenda: ``occur`` does it and says what the coordinator hears of it.

    What a person does waits for a coordinator that is down; the answer of a tool is lost on it.
    """

    occur: Callable[[int], Event | None]
    by_person: bool = False


@dataclass(slots=True)
class Environment:
    """One trial's surroundings."""

    plan: Plan
    scenario: Scenario
    draws: Draws
    responses: Responses
    faults: Faults
    world: World
    override: int | None
    index: Index
    select: Callable[[str], Selection]
    agenda: Agenda[Happening] = field(default_factory=Agenda[Happening])
    reading: dict[str, Any] | None = None
    notes: dict[str, None] = field(default_factory=dict[str, None])
    defaulted: dict[str, str] = field(default_factory=dict[str, str])
    acknowledged: Callable[[], bool] = bool
    open: Callable[[], bool] = bool
    recovered: Callable[[int], object] = int

    def schedule(
        self, at_ms: int, rank: Class, subject: str, happening: Happening, lane: int = 0
    ) -> Key:
        """Put something on the agenda under its identity."""
        ordinal = self.index.ordinal(subject.rsplit(":", 3)[0])
        return self.agenda.put(Key(at_ms, rank, ordinal, subject, lane), happening)

    def duration(self, takes: Distribution, entity: str, purpose: str, draw: int | str = 0) -> int:
        """A drawn duration."""
        return sample(takes, self.draws.uniform(entity, purpose, draw))

    def note(self, text: str) -> None:
        """Keep something the report must say, once."""
        self.notes[text] = None


@dataclass(frozen=True, slots=True)
class Setting:
    """A plan and a scenario brought together once, for any number of trials."""

    plan: Plan
    scenario: Scenario
    responses: Responses
    rules: tuple[Any, ...]
    selections: dict[str, Selection]

    def environment(self, seed: int, trial: int, override: int | None) -> Environment:
        """Fresh surroundings for one trial."""
        draws = Draws(seed, trial)
        return Environment(
            plan=self.plan,
            scenario=self.scenario,
            draws=draws,
            responses=self.responses,
            faults=Faults(self.rules, draws),
            world=World(self.scenario.world),
            override=override,
            index=index_of(self.plan),
            select=self.select,
        )

    def select(self, text: str) -> Selection:
        """What a selector means in this plan, looked up once."""
        found = self.selections.get(text)
        if found is None:
            found = self.selections[text] = lenient(self.plan, text)
        return found


def prepare(plan: Plan, scenario: Scenario) -> Setting:
    """Resolve a scenario's selectors against a plan."""
    return Setting(plan, scenario, Responses(plan, scenario), compile_faults(plan, scenario), {})
