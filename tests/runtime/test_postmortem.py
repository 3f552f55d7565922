"""The postmortem: the document's template filled, what the journal knows, and nothing broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st
from live_script import FILLED, LiveScript, compiled, fixed, mitigated, triaged, whole
from markdown_it import MarkdownIt

from armada.runtime.plain_text import block, cell
from armada.runtime.postmortem import document, names_for_document, postmortem, rows
from armada.runtime.postmortem_page import postmortem_html

HOSTILE = (
    "<script>alert(1)</script>",
    "</td></table><img src=x onerror=alert(1)>",
    "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "<!-- ",
    "```\nunclosed",
    "| a | b |\n|---|---|\n| c | d |",
    "a \\| b \\",
    "{{ title }} {% raw %}",
    "\x1b[31mred\x1b[0m\u202etxt",
)


def test_the_seeds_own_template_is_filled(golden: Callable[[str, str], None]) -> None:
    """With the timeline as rows, the answers in place, and the appendix after it."""
    golden("postmortem.md", postmortem(whole(LiveScript()).view))


def test_the_page_is_complete_in_itself(golden: Callable[[str, str], None]) -> None:
    """No script, and nothing that a browser would fetch."""
    page = postmortem_html(postmortem(whole(LiveScript()).view))
    golden("postmortem.html", page)
    assert "prefers-color-scheme" in page or "color-scheme: light dark" in page
    assert "@media print" in page
    assert not re.search(r"<(script|link|img|iframe)|url\(|@import|https?://", _without_links(page))


def _without_links(page: str) -> str:
    return re.sub(r"https://git\.example/\S+", "", page)


def test_what_nobody_supplied_stays_visibly_blank() -> None:
    """A blank with its name; ``unknown`` is an answer and stays as it is."""
    script = fixed(mitigated(triaged(LiveScript())))
    script.answer("bob", "postmortem.output", revenue_impact="unknown")
    text = postmortem(script.view)
    assert "## Summary\n____ (summary)" in text
    assert "- Revenue impact: unknown" in text
    assert "| ____ (action_items) |  |  |  |" in text
    assert "| unknown | nobody knew revenue impact |" in text


def test_a_run_that_is_not_over_has_one_too() -> None:
    """The duration is blank, and what did not happen is said."""
    text = postmortem(LiveScript().declare().view)
    assert "**Duration:** ____ (duration)" in text
    assert "SEV-1 within 5 min: broken, nobody acknowledged" in text
    assert "| 4 |  | Executive not told |  |" in text


def test_a_broken_deadline_and_late_rungs_say_by_how_much() -> None:
    """The journal knows."""
    script = LiveScript().declare().wait(7).say("bob", "ack", role="On-call engineer").away(20)
    text = postmortem(script.view)
    assert "SEV-1 within 5 min: broken by 2 min 0 s" in text
    assert "notified Team lead | 12 min late |" in text


def test_an_outcome_nobody_knew_and_what_was_said_of_it() -> None:
    """What was unknown, and who said what had happened."""
    script = triaged(LiveScript())
    script.answer("eve", "mitigate.immediate_relief", "none")
    script.answer("eve", "fact:recent_deploy", "yes")
    script.answer("eve", "fact:suspected_cause", "yes")
    script.vote("bob", "mitigate.rollback", "hierarchical-coordinator")
    script.wait(0.1).returns("mitigate.rollback", "unknown", by="shell")
    script.answer("eve", "outcome:mitigate.rollback:1:0:1", "happened")
    text = postmortem(script.view)
    assert "| mitigate.rollback (1) | nobody could tell whether it happened |  |" in text
    assert "| mitigate.rollback (1) | happened | eve |" in text


def test_a_plan_without_a_closing_document_gets_a_good_one() -> None:
    """The default asks for what a reader wants to know."""
    plan = compiled()
    plan = replace(plan, stages=plan.stages[:-1])
    text = postmortem(LiveScript(plan).declare().view)
    assert text.startswith("# Incident Postmortem - INC-20261124-0231\n")
    assert "**Incident:** Agents down" in text
    assert "## Root Cause\n____ (root_cause)" in text


def test_the_timeline_is_rows_for_whoever_fills_the_template() -> None:
    """The host renders documents with these names."""
    names = names_for_document(triaged(LiveScript()).view)
    found = names["timeline"].splitlines()
    assert found[0] == "| 02:31:00 | INCIDENT DECLARED (SEV-1 confirmed: Agents down) |"
    assert all(re.fullmatch(r"\| [\d:]{8} \| .+ \|", row) for row in found)


def test_rows_that_people_wrote_stay_rows() -> None:
    """And any other line is one row, with the rest of its cells empty."""
    text = "| add an alert | ada | Friday | high |\nwrite it down"
    assert rows("action_items", text, 4).splitlines() == [
        "| add an alert | ada | Friday | high |",
        "| write it down |  |  |  |",
    ]


# --- whatever people write ------------------------------------------------------------------------


def tables(markdown: str) -> list[list[int]]:
    """For each table the number of cells of each of its rows."""
    found: list[list[int]] = []
    for token in MarkdownIt("commonmark", {"html": False}).enable("table").parse(markdown):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append(0)
        elif token.type in ("td_open", "th_open"):
            found[-1][-1] += 1
    return found


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.attributes |= {f"{v}" for n, v in attrs if n == "href" and "script:" in f"{v}".lower()}


def told(text: str) -> LiveScript:
    """A run in which everything that people may write is this text."""
    script = LiveScript().declare()
    script.note(what="note", by="eve", via="cli", text=text)
    script.note(what="did", by="eve", via="cli", text=text)
    values = dict.fromkeys((*FILLED, "action_items"), text)
    script.note(what="answer", of="postmortem.output:do:0:1", by="eve", via="cli", values=values)
    return script


SHAPE = tables(postmortem(told("plain").view))
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.sampled_from("a |\\`<>!-[]()#*~\n\t&;:/\x00\x1b\u2028"), max_size=40),
    st.text(max_size=40),
)


@given(TEXTS)
@example(HOSTILE[0])
@example(HOSTILE[5])
@example(HOSTILE[7])
def test_no_text_breaks_a_table(text: str) -> None:
    """The timeline has its two columns and the appendix its own, whatever was said."""
    markdown = postmortem(told(text).view)
    found = tables(markdown)
    assert all(len(set(table)) == 1 for table in found)
    wide = [table for table in found if table[0] == 2 and len(table) == len(SHAPE[0])]
    assert wide, "the timeline is no table any more"


@given(TEXTS)
@example(HOSTILE[1])
@example(HOSTILE[2])
@example(HOSTILE[3])
def test_no_text_becomes_html(text: str) -> None:
    """No element but those of a document, no event handler, no address that runs."""
    tags = Tags()
    tags.feed(postmortem_html(postmortem(told(text).view)))
    assert not tags.seen & {"script", "img", "iframe", "object", "embed", "form", "link", "svg"}
    assert tags.attributes <= {
        "lang",
        "charset",
        "name",
        "content",
        "http-equiv",
        "href",
        "title",
        "class",
        "start",
        "style",
    }


@given(st.text(st.sampled_from("ab|\\ \n`"), max_size=20))
def test_a_cell_is_one_cell(text: str) -> None:
    """By the rules of tables, and a reader sees the text as it was."""
    assert tables(f"| h | i |\n|---|---|\n| {cell(text)} | x |\n") == [[2, 2]]


@given(st.text(st.sampled_from("`~ a\n"), max_size=30))
def test_a_fence_that_a_text_opens_it_closes(text: str) -> None:
    """What follows is not swallowed."""
    html = MarkdownIt("commonmark").render(f"{block(text)}\n\n# after\n")
    assert "<h1>after</h1>" in html


def test_a_value_is_never_a_template() -> None:
    """What somebody answers is text, whatever it looks like."""
    script = told("{{ title }} {% if x %}")
    assert "{{ title }} {% if x %}" in document(script.view, "{{ summary }}")
