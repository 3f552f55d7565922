"""Every rule is shown by its page: a mistake, what is printed of it, its mending, a near miss.

``--rewrite-goldens`` writes what is printed into the pages anew.
"""

from __future__ import annotations

import pytest
from rule_pages import PAGES, Example, examples, judge, page, unread, with_finding

from armada.cli.catalogue import CATALOGUE


def shown(code: str, title: str) -> list[Example]:
    return [example for example in examples(page(code)) if example.title == title]


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_page_states_its_rule_and_shows_what_is_printed_of_a_mistake(
    code: str, request: pytest.FixtureRequest
) -> None:
    rule, text = CATALOGUE[code], page(code)
    assert text.startswith(f"# {code} {rule.name}\n\nLevel: {rule.level.value}.\n")
    assert "\nPoints at: " in text
    assert ("\nIn preview: " in text) is rule.preview
    (bad,) = shown(code, "Bad")
    found = judge(code, bad)
    assert code in found.codes
    assert set(found.codes) == {code} or not code.startswith("ARM6")
    wanted = with_finding(text, found.printed(code))
    if request.config.getoption("--rewrite-goldens"):
        (PAGES / f"{code}.md").write_bytes(wanted.encode())
        text = wanted
    assert text == wanted, f"{code}.md shows another finding; see --rewrite-goldens"


@pytest.mark.parametrize("code", CATALOGUE)
def test_nothing_is_found_in_the_good_example_and_in_a_near_miss(code: str) -> None:
    """A near miss looks like the mistake and is none; the page says why."""
    titles = [example.title for example in examples(page(code))]
    assert titles[:3] == ["Bad", "Finding", "Good"]
    assert set(titles[3:]) == {"Near miss"}
    assert not unread(page(code)), "a heading without an example"
    assert all(near_miss.words.strip() for near_miss in shown(code, "Near miss"))
    for example in (*shown(code, "Good"), *shown(code, "Near miss")):
        assert judge(code, example).codes == []
