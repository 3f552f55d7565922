"""The ladder: who is told, when, until somebody answers.

A rung is due when the ladder's clock shows its ``from_ms``; the clock stands still while the level
is deferred and, under ``unacknowledged``, while an acknowledgement holds. A guard is evaluated when
the rung is due: a false one holds the rung until the level brings it back. Rungs that fall due
together are all recorded, and each distinct target gets one message. docs/kernel.md has examples.
"""

from __future__ import annotations

from ...compiler.plan import Rung
from . import commands as co
from . import registers as reg
from .decision import Decision, IgnoredError, RefusedError
from .timers import Timer

CLIMBING = ("running", "exhausted")


def start(d: Decision, trigger: str) -> None:
    """Start the ladder's clock from zero, with every rung ahead; ``trigger``: start or restart."""
    rungs = d.index.plan.escalation.rungs
    if trigger == "start":
        d.rungs = ("waiting",) * len(rungs)
        d.move_ladder("suspend" if deferred(d) else "start")
    else:
        for rung in range(len(rungs)):
            d.move_rung(rung, "restart")
        d.move_ladder("restart")
        if deferred(d):
            d.move_ladder("suspend")
    d.loop, d.paging, d.repeats, d.silent = 0, -1, 0, ()
    d.emit(reg.StartClock(len(rungs)))
    if d.ladder == "suspended":
        d.emit(reg.PauseClock())
        d.record("ladder-suspended", "", f"level {d.level} promises no time")
    else:
        arm_rungs(d)
    set_deadline(d)


def deferred(d: Decision) -> bool:
    """The level promises no time: no clock runs."""
    return d.level in d.index.deadlines and d.index.deadlines[d.level] is None


def set_deadline(d: Decision) -> None:
    """Arm the level's response deadline, unless somebody has answered."""
    within_ms = d.index.deadlines.get(d.level)
    if d.acknowledged or within_ms is None:
        d.disarm("response", "")
    else:
        d.emit(reg.ArmDeclared(Timer("response"), within_ms))


def arm_rungs(d: Decision) -> None:
    """Set the timers of the rungs ahead by the ladder's clock."""
    for at, rung in enumerate(d.index.plan.escalation.rungs):
        if d.rungs[at] == "waiting":
            d.emit(reg.ArmElapsed(Timer("rung", str(at)), rung.from_ms))


def disarm_rungs(d: Decision) -> None:
    """No rung falls due until they are armed again."""
    for at in range(len(d.rungs)):
        d.disarm("rung", str(at))
    d.disarm("loop", "")


def applies(d: Decision, rung: Rung) -> bool:
    """The rung's guard holds at the present level."""
    return not rung.only_at or d.level in rung.only_at


def come_due(d: Decision, subject: str) -> None:
    """A rung is due: fire it, or hold it while its guard is false."""
    at = int(subject)
    if d.ladder not in CLIMBING or d.rungs[at] != "waiting":
        return
    if applies(d, d.index.plan.escalation.rungs[at]):
        fire(d, at)
    else:
        d.move_rung(at, "hold")
        d.record("rung-held", subject, f"not for level {d.level}")


def fire(d: Decision, at: int) -> None:
    """Tell a rung's targets; those told at this same instant are not told twice."""
    rung = d.index.plan.escalation.rungs[at]
    d.move_rung(at, "fire")
    d.emit(reg.Fired(at))
    d.record("rung-fired", str(at), ", ".join(rung.targets))
    if rung.mode == "page":
        d.paging, d.repeats = at, 0
    send(d, at, 0)
    if rung.mode == "page" and not d.acknowledged:
        d.arm("repage", "", d.index.plan.escalation.repage_ms)
    if at == len(d.rungs) - 1 and d.index.plan.escalation.repeat > d.loop:
        end_ms = rung.to_ms or rung.from_ms + d.index.plan.escalation.repage_ms
        d.arm("loop", "", end_ms - rung.from_ms)


def send(d: Decision, at: int, repeat: int) -> None:
    """One message to each of a rung's targets that has had none at this instant."""
    rung = d.index.plan.escalation.rungs[at]
    targets = tuple(target for target in rung.targets if target not in d.sent)
    d.sent.update(dict.fromkeys(targets))
    d.told = tuple(dict.fromkeys((*d.told, *targets)))
    if targets:
        name = f"page:{at}:{d.loop}:{repeat}"
        d.emit(reg.Tell(co.Page(name, at, d.loop, targets, rung.mode, repeat)))


def page_again(d: Decision) -> None:
    """An unanswered page is repeated until someone answers or another rung takes over."""
    if d.acknowledged or d.ladder not in CLIMBING or d.paging < 0:
        return
    if not applies(d, d.index.plan.escalation.rungs[d.paging]):
        return
    policy = d.index.plan.escalation
    last = all(status == "fired" for status in d.rungs) and d.loop >= policy.repeat
    counts = policy.clock == "unacknowledged" or policy.repeat > 0
    if last and counts and d.ladder == "running":
        d.move_ladder("exhaust")
        d.record("ladder-exhausted", "", f"{d.loop + 1} loops")
        d.emit(co.Notify("exhausted", "", tuple(dict.fromkeys((d.index.coordinator, *d.told)))))
    d.repeats += 1
    send(d, d.paging, d.repeats)
    d.arm("repage", "", policy.repage_ms)


def repeat(d: Decision) -> None:
    """A repeating ladder starts again from its first rung."""
    if d.ladder != "running" or d.acknowledged:
        return
    d.move_ladder("repeat")
    d.loop += 1
    d.repeats = 0
    for at in range(len(d.rungs)):
        d.move_rung(at, "restart")
    d.emit(reg.StartClock(len(d.rungs)))
    d.record("ladder-repeated", "", f"loop {d.loop + 1}")
    arm_rungs(d)


# --- acknowledgement ------------------------------------------------------------------------------


def acknowledge(d: Decision, by: str) -> None:
    """One acknowledgement at a time, by a target that was told."""
    if by not in d.told:
        raise RefusedError("not-told")
    if d.acknowledged:
        raise IgnoredError("already-acknowledged")
    d.acknowledged = by
    d.emit(reg.Stamp("acknowledged_ms", once=True))
    d.record("acknowledged", "", by)
    d.disarm("response", "")
    d.disarm("repage", "")
    policy = d.index.plan.escalation
    if policy.clock == "unacknowledged" and d.ladder in (*CLIMBING, "suspended"):
        pause_climb(d)
    if policy.ack_valid_ms is not None:
        d.arm("acknowledgement", "", policy.ack_valid_ms)


def pause_climb(d: Decision) -> None:
    """An acknowledgement stops the climb: the clock stands still."""
    d.move_ladder("acknowledge")
    if d.ladder == "acknowledged":
        disarm_rungs(d)
        d.emit(reg.PauseClock())


def expire_acknowledgement(d: Decision) -> None:
    """Nobody has the incident any more: the same rung is told again, and the climb goes on."""
    if not d.acknowledged:
        return
    d.record("acknowledgement-expired", "", d.acknowledged)
    d.acknowledged = ""
    if d.ladder == "acknowledged":
        d.move_ladder("expire")
        d.emit(reg.ResumeClock())
        arm_rungs(d)
    if d.paging >= 0 and d.ladder in CLIMBING:
        fire(d, d.paging)


def break_deadline(d: Decision) -> None:
    """The level's response deadline passed without an acknowledgement."""
    if not d.acknowledged and d.phase == "open":
        d.record("deadline-broken", "response", f"level {d.level}")
        d.notify("deadline-broken", "response")


# --- changes around the ladder --------------------------------------------------------------------


def follow_level(d: Decision, was_deferred: bool) -> None:
    """The level changed: clocks, deadline and guards follow it."""
    if d.phase != "open":
        return
    if deferred(d) and not was_deferred and d.ladder in (*CLIMBING, "acknowledged"):
        d.move_ladder("suspend")
        disarm_rungs(d)
        d.disarm("repage", "")
        d.emit(reg.PauseClock())
        d.record("ladder-suspended", "", f"level {d.level} promises no time")
    elif not deferred(d) and d.ladder == "suspended":
        resume(d)
    set_deadline(d)
    if d.ladder in CLIMBING:
        revive_rungs(d)


def resume(d: Decision) -> None:
    """A level with a clock: the ladder goes on from where it stood."""
    d.move_ladder("resume")
    d.record("ladder-resumed", "", f"level {d.level}")
    if d.acknowledged and d.index.plan.escalation.clock == "unacknowledged":
        d.move_ladder("acknowledge")
        return
    d.emit(reg.ResumeClock())
    arm_rungs(d)
    if d.paging >= 0 and not d.acknowledged:
        d.arm("repage", "", d.index.plan.escalation.repage_ms)


def revive_rungs(d: Decision) -> None:
    """Held rungs whose guard now holds are due again; lateness counts from now."""
    for at, rung in enumerate(d.index.plan.escalation.rungs):
        if d.rungs[at] == "held" and applies(d, rung):
            d.move_rung(at, "revive")
            d.emit(reg.ArmElapsed(Timer("rung", str(at)), rung.from_ms, revived=True))
    paging = d.paging >= 0 and applies(d, d.index.plan.escalation.rungs[d.paging])
    if paging and not d.acknowledged:
        d.arm("repage", "", d.index.plan.escalation.repage_ms)


def jump(d: Decision, at: int, by: str) -> None:
    """A person escalates by hand: always legal while the incident is open, and recorded."""
    if not 0 <= at < len(d.rungs):
        raise RefusedError("unknown-rung")
    d.record("escalated", str(at), by)
    d.disarm("rung", str(at))
    fire(d, at)


def miss_target(d: Decision, at: int, target: str) -> None:
    """A target cannot be reached; when none of a rung can, the next rung is due at once."""
    rungs = d.index.plan.escalation.rungs
    if not 0 <= at < len(rungs) or target not in rungs[at].targets:
        raise RefusedError("unknown-target")
    name = f"{at}:{target}"
    if name in d.silent:
        raise IgnoredError("already-known")
    d.silent = (*d.silent, name)
    d.record("target-unreachable", str(at), target)
    if any(f"{at}:{each}" not in d.silent for each in rungs[at].targets):
        return
    ahead = [n for n in range(at + 1, len(rungs)) if d.rungs[n] == "waiting"]
    if ahead and d.ladder == "running":
        d.emit(reg.Disarm(Timer("rung", str(ahead[0]))))
        come_due(d, str(ahead[0]))
    else:
        d.notify("nobody-reached", str(at))


def stop(d: Decision) -> None:
    """The incident is over: nobody else is told."""
    disarm_rungs(d)
    for kind in ("repage", "response", "acknowledgement"):
        d.disarm(kind, "")
    if d.ladder != "stopped":
        d.move_ladder("stop")
        d.record("ladder-stopped")
