"""``armada rule``: the page of a finding's code, from the documentation that ships with Armada."""

from __future__ import annotations

from difflib import get_close_matches

import click

from .catalogue import BY_NAME, CATALOGUE
from .exits import Exit
from .inputs import Unreadable, package_path
from .options import output_format
from .terminal import screen

EXAMPLES = """\b
Examples:
  armada rule             every code, with its name
  armada rule ARM301      what it means, a bad and a good example
  armada rule cycle       the same, by the rule's name
  armada rule --all --format json     every rule with its level and page, for programs
"""


@click.command(epilog=EXAMPLES)
@click.argument("code", required=False)
@click.option("--all", "everything", is_flag=True, help="Print the pages of all rules.")
@output_format("text", "json")
def command(code: str | None, everything: bool, form: str) -> int:
    """Explain a finding by its code.

    CODE may be the rule's name. Without it, list every code there is.
    """
    if code is not None and everything:
        raise click.UsageError("--all takes no CODE")
    if everything:
        click.echo(_all(form))
        return Exit.DONE
    if code is None:
        click.echo(_list(form))
        return Exit.DONE
    given = code.strip()
    known = BY_NAME.get(given.lower(), given.upper())
    if known not in CATALOGUE:
        close = get_close_matches(known, CATALOGUE, 1)
        close = close or get_close_matches(given.lower(), BY_NAME, 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise click.UsageError(f"there is no rule {code!r}{hint} `armada rule` lists them all")
    click.echo(_shown(known, page(known), form))
    return Exit.DONE


def page_path(code: str) -> str:
    """Where a code's page is."""
    return package_path(f"docs/rules/{code}.md")


def page(code: str) -> str:
    """The text of a code's page."""
    try:
        with open(page_path(code), encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        raise Unreadable(f"the page of {code} is missing: {error.strerror}") from None


def _list(form: str) -> str:
    if form == "json":
        import json

        titles = {code: rule.name for code, rule in CATALOGUE.items()}
        return json.dumps(titles, indent=2, ensure_ascii=False)
    early = {True: "  (preview)", False: ""}
    lines = (f"{code}  {rule.name}{early[rule.preview]}" for code, rule in CATALOGUE.items())
    return "\n".join(lines)


def _all(form: str) -> str:
    if form != "json":
        return "\n\n".join(page(code).rstrip("\n") for code in CATALOGUE)
    import json

    rows = [
        {
            "code": code,
            "name": rule.name,
            "level": rule.level.value,
            "summary": rule.summary,
            "preview": rule.preview,
            "page": page(code),
        }
        for code, rule in CATALOGUE.items()
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False)


def _shown(code: str, text: str, form: str) -> str:
    if form == "json":
        import json

        return json.dumps(
            {"code": code, "title": CATALOGUE[code].name, "page": text}, ensure_ascii=False
        )
    looks = screen()
    if not looks.interactive:
        return text.rstrip("\n")
    from .views.pages import markdown

    return markdown(text, looks)
