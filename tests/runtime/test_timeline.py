"""The timeline of a live run: who spoke, what was printed, what came late."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from live_script import LiveScript, triaged, whole

from armada.runtime.kernel import events as ev
from armada.runtime.live_timeline import LiveTeller, timeline
from armada.runtime.timeline import joined


def lines(script: LiveScript) -> list[str]:
    return [line.text.strip() for line in timeline(script.view)]


def listing(script: LiveScript) -> str:
    shown = [
        f"{line.seq:>4} {line.at_ms // 1000:>5} s  {line.tone:<9}  {line.text}"
        + (f"  [{line.more} more]" if line.more else "")
        for line in timeline(script.view)
    ]
    return "\n".join(shown) + "\n"


def test_a_whole_run_is_told(golden: Callable[[str, str], None]) -> None:
    """From the declaration to the postmortem, each person beside the role they spoke for."""
    golden("timeline.txt", listing(whole(LiveScript())))


def test_who_acknowledged_stands_beside_the_role() -> None:
    """The kernel knows the target, the reading knows the person."""
    assert "ACKNOWLEDGED (bob for On-call engineer)" in lines(triaged(LiveScript()))


def test_notes_and_commands_by_hand_stand_where_they_were_said() -> None:
    """In the order of the journal, between the events around them."""
    script = LiveScript().declare()
    script.say("eve", "note", text="coffee\nis out")
    script.say("eve", "did", text="kubectl get pods | head")
    script.say("ada", "hand-over", to="bob", text="shift ends")
    assert lines(script)[-3:] == [
        "eve notes: coffee is out",
        "eve ran by hand: kubectl get pods | head",
        "ada hands over to bob: shift ends",
    ]


def test_a_rung_that_comes_late_says_how_late() -> None:
    """And how long nobody was told; a repetition is not late."""
    script = triaged(LiveScript()).away(20)
    late = next(text for text in lines(script) if "LATE" in text)
    assert late.startswith("notified Team lead (rung 2), 11 min LATE; nobody was told for")


def test_the_clock_the_host_and_what_was_not_reached_are_told() -> None:
    """They are no events, and a reader needs them."""
    script = LiveScript().declare()
    script.note(what="clock", by="host", shift_ms=-3_600_000, text="")
    script.note(what="sent", by="host", message="page:0:0:0#3", text="a by x", failed={"b": "503"})
    assert lines(script)[-3:] == [
        "the machine's clock was put back by 1 h 0 min",
        "reached a by x",
        "b was not reached: 503",
    ]


def test_a_waived_vote_and_a_broken_glass_are_told_with_their_reason() -> None:
    """Whoever passes a gate alone is named."""
    script = triaged(LiveScript())
    script.answer("eve", "mitigate.immediate_relief", "none")
    script.answer("eve", "fact:recent_deploy", "yes")
    script.answer("eve", "fact:suspected_cause", "yes")
    digest = script.view.proposals["mitigate.rollback"].digest
    event = ev.GlassBroken(script.at_ms, "mitigate.rollback", "eve", digest)
    script.event(event, {"by": "eve", "via": "cli", "text": "nobody is awake"})
    wanted = "eve BREAKS THE GLASS for mitigate.rollback: nobody is awake; a review is owed"
    assert wanted in lines(script)


def test_a_follower_is_told_everything_once() -> None:
    """Piecewise or at one go, the lines are the same."""
    script = LiveScript()
    teller = LiveTeller(script.view)
    told = list(teller.more())
    for act in (script.declare, lambda: script.wait(6), lambda: script.away(3)):
        act()
        told += teller.more()
    assert tuple(joined(told)) == timeline(script.view)
    assert list(teller.more()) == []


@given(st.text(max_size=60))
def test_no_text_breaks_a_line(text: str) -> None:
    """Whatever somebody noted: one line, and nothing that a terminal would obey."""
    script = LiveScript().declare()
    script.note(what="note", by="eve", text=text)
    line = timeline(script.view)[-1].text
    assert len(line.splitlines()) == 1
    assert not {unicodedata.category(char) for char in line} & {"Cc", "Cs", "Zl", "Zp"}
