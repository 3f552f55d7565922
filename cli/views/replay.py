"""Where two plans part over one journal, in lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...runtime.what_if import Difference, Moment


def difference_lines(found: Difference, spec: str) -> Iterator[str]:
    """What another plan would have made of the same events."""
    if found.same:
        yield f"{found.events} events; by {spec} every decision is the same"
        return
    yield f"{found.events} events; by {spec} it goes otherwise"
    if found.first is not None:
        first = found.first
        yield f"First difference: entry {first.seq} at {_time(first.at_ms)}, {first.event}"
        yield from (f"  recorded: {words}" for words in first.recorded)
        yield from (f"  instead:  {words}" for words in first.other)
    yield from _listed("Would not have been carried out", found.not_done)
    yield from _listed(
        "Would have been carried out too (nobody recorded an answer)", found.also_done
    )
    yield from _listed("Stages", [f"{name}: {a} → {b}" for name, a, b in found.stages])
    yield from _listed("Rungs", [_moment(each) for each in found.rungs])
    yield from _listed("Milestones", [_moment(each) for each in found.milestones])
    refused = [
        f"entry {r.seq} at {_time(r.at_ms)}: {r.event}: {r.verdict}, {r.reason.replace('-', ' ')}"
        for r in found.refused
    ]
    yield from _listed("Events that this plan does not take", refused)
    recorded, other = found.outcomes
    yield f"Outcome: {recorded}" + (f" → {other}" if other != recorded else ", the same")


def _listed(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield title
        yield from (f"  {line}" for line in lines)


def _moment(moment: Moment) -> str:
    times = ["never" if at is None else _time(at) for at in (moment.recorded_ms, moment.other_ms)]
    return f"{moment.what}: {times[0]} → {times[1]}"


def _time(at_ms: int) -> str:
    seconds, ms = divmod(at_ms, 1000)
    clock = f"+{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{clock}.{ms:03}" if ms else clock
