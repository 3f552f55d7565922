"""``armada rule``: the page of a finding's code, from the documentation that ships with Armada."""

from __future__ import annotations

import os
from difflib import get_close_matches

import click

from .exits import Exit
from .inputs import Unreadable, package_path
from .options import output_format
from .terminal import screen

EXAMPLES = """\b
Examples:
  armada rule             every code, with its name
  armada rule ARM301      what it means, a bad and a good example
  armada rule cycle       the same, by the rule's name
"""


@click.command(epilog=EXAMPLES)
@click.argument("code", required=False)
@output_format("text", "json")
def command(code: str | None, form: str) -> int:
    """Explain a finding by its code.

    CODE may be the rule's name. Without it, list every code there is.
    """
    pages = codes()
    if code is None:
        titles = {known: title(page(known)) for known in pages}
        click.echo(_list(titles, form))
        return Exit.DONE
    given = code.strip()
    named = by_name()
    known = named.get(given.lower(), given.upper())
    if known not in pages:
        close = get_close_matches(known, pages, 1) or get_close_matches(given.lower(), named, 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise click.UsageError(f"there is no rule {code!r}{hint} `armada rule` lists them all")
    click.echo(_shown(known, page(known), form))
    return Exit.DONE


def codes() -> list[str]:
    """Every code that has a page, in order."""
    try:
        names = os.listdir(package_path("docs/rules"))
    except OSError as error:
        raise Unreadable(f"the pages of the rules are missing: {error.strerror}") from None
    return sorted(name[:-3] for name in names if name.startswith("ARM") and name.endswith(".md"))


def page(code: str) -> str:
    """The text of a code's page."""
    with open(package_path(f"docs/rules/{code}.md"), encoding="utf-8") as file:
        return file.read()


def by_name() -> dict[str, str]:
    """The code of each rule by the rule's name, in the order of the codes."""
    return {title(page(code)): code for code in codes()}


def title(text: str) -> str:
    """What a page's heading says after the code."""
    heading = text.split("\n", 1)[0].lstrip("# ")
    return heading.split(maxsplit=1)[1].lstrip(":- ") if " " in heading else heading


def _list(titles: dict[str, str], form: str) -> str:
    if form == "json":
        import json

        return json.dumps(titles, indent=2, ensure_ascii=False)
    return "\n".join(f"{code}  {name}" for code, name in titles.items())


def _shown(code: str, text: str, form: str) -> str:
    if form == "json":
        import json

        return json.dumps({"code": code, "title": title(text), "page": text}, ensure_ascii=False)
    looks = screen()
    if not looks.interactive:
        return text.rstrip("\n")
    from .views.pages import markdown

    return markdown(text, looks)
