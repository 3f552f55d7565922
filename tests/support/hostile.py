"""Documents made to be slow to read: a table of kinds, each a text of about a wanted size.

Every kind aims at one construct whose obvious reading costs more than its length: nested or
repeated structures, what is never closed, signs that begin something on every character.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Maker = Callable[[int], str | bytes]

FRONT = "---\nname: hostile\npattern: stages\n---\n\n"
STAGE = "### Stage 1: Look (sre)\n\n```yaml\nactions:\n"


def document(kind: str, size: int) -> tuple[str, bytes]:
    """The file name and the bytes of a kind, of about ``size`` bytes."""
    made = KINDS[kind](size)
    data = made if isinstance(made, bytes) else made.encode("utf-8", "surrogatepass")
    return f"{kind}.armada.yaml" if kind.startswith("yaml-form") else f"{kind}.md", data


def _repeated(unit: str, before: str = FRONT, after: str = "") -> Maker:
    return lambda size: before + unit * max(1, size // len(unit.encode())) + after


def _numbered(unit: str, before: str = FRONT, after: str = "") -> Maker:
    """Units with a running number for ``%d``."""

    def make(size: int) -> str:
        width = len((unit.replace("%d", "12345")).encode())
        count = max(1, size // width)
        return before + "".join(unit.replace("%d", str(at)) for at in range(count)) + after

    return make


def _fenced(inner: Maker, language: str = "") -> Maker:
    return lambda size: f"{FRONT}## Workflow\n\n```{language}\n{inner(size)}\n```\n"


def _action(value: Maker) -> Maker:
    """A stage one of whose actions holds the value."""
    return lambda size: f"{FRONT}{STAGE}  - look: {value(size)}\n```\n"


def _side_by_side(size: int) -> str:
    """Rows of small boxes, about 160 columns wide."""
    row = "┌───┐ " * 26 + "\n" + "│ a ├▶" * 26 + "\n" + "└───┘ " * 26 + "\n\n"
    return row * max(1, size // len(row.encode()))


def _one_row(size: int) -> str:
    """All boxes on one row."""
    count = max(1, size // 42)
    return "┌───┐ " * count + "\n" + "│ a ├▶" * count + "\n" + "└───┘ " * count


def _stacked(size: int) -> str:
    box = "┌─────┐\n│ %d │\n└──┬──┘\n   ▼\n"
    count = max(1, size // 60)
    return "".join(box.replace("%d", f"{at:<3}") for at in range(count))


def _nested(size: int) -> str:
    """Boxes in boxes, as deep as the size allows; 1,000 deep are four million cells."""
    deep = max(2, int((size / 8) ** 0.5))
    width = 2 * deep
    top = ["│" * at + "┌" + "─" * (2 * (width // 2 - at)) + "┐" + "│" * at for at in range(deep)]
    middle = ["│" * deep + "a" * 2 + "│" * deep]
    bottom = [row.replace("┌", "└").replace("┐", "┘") for row in reversed(top)]
    return "\n".join([*top, *middle, *bottom])


def _huge_box(size: int) -> str:
    wide = max(4, int((size / 3) ** 0.5))
    rows = "│" + " " * wide + "│\n"
    return "┌" + "─" * wide + "┐\n" + rows * (wide * 3) + "└" + "─" * wide + "┘"


def _filled(sign: str, columns: int = 160) -> Maker:
    def make(size: int) -> str:
        row = "┌──┐" + sign * columns + "\n"
        return row * max(1, size // len(row.encode()))

    return make


def _rails(size: int) -> str:
    """Long rails that deal out to every box below them."""
    tees = 30
    rail = "  " + "┌──" + "┬──" * tees + "┐\n" + "  ▼  " * 0 + "  " + "▼  " * (tees + 2) + "\n"
    boxes = "┌─┐" * (tees + 2) + "\n" + "│a│" * (tees + 2) + "\n" + "└┬┘" * (tees + 2) + "\n"
    whole = boxes + rail
    return boxes + rail * 1 + whole * max(1, size // len(whole.encode()))


def _one_net(size: int) -> str:
    """Boxes left and right of one upright rail."""
    box = "┌──┐ │ ┌──┐\n│a ├─┼▶│b │\n└──┘ │ └──┘\n"
    return box * max(1, size // len(box.encode()))


def _crossings(size: int) -> str:
    row = "┌─┐ " + "┼" * 120 + "\n"
    return row * max(1, size // len(row.encode()))


def _words_between(size: int) -> str:
    row = "step " * 20 + "\n" + "  │  " * 20 + "\n" + "  ▼  " * 20 + "\n"
    return "┌──\n" + row * max(1, size // len(row.encode()))


def _corners(size: int) -> str:
    row = "┌" * 120 + "\n"
    return row * max(1, size // len(row.encode()))


def _staircase(size: int) -> str:
    """Boxes that begin one column further on each row and never close."""
    rows = max(4, int((size / 2) ** 0.5))
    return "\n".join(" " * at + "┌─" + "┐" * 2 for at in range(rows))


def _explosion(size: int) -> str:
    names = max(2, size // 16)
    left = " & ".join(f"a{at}" for at in range(names))
    right = " & ".join(f"b{at}" for at in range(names))
    return f"flowchart TD\n{left} --> {right}\n"


def _yaml_bomb(size: int) -> str:
    levels = max(2, size // 60)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "---\nname: x\n" + "\n".join(lines) + "\n---\n"


def _merge_bomb(size: int) -> str:
    lines = ["m0: &m0 {k: v}"]
    lines += [f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}], k{n}: v}}" for n in range(1, size // 40)]
    return "---\nname: x\n" + "\n".join(lines) + "\n---\n"


def _deep_yaml(size: int) -> str:
    deep = max(2, int((2 * size) ** 0.5))
    return "---\nname: x\n" + "\n".join(" " * at + "a:" for at in range(deep)) + "\n---\n"


def _wide_table(size: int) -> str:
    count = max(2, size // 12)
    return (
        FRONT
        + "## Severity\n\n"
        + "| a " * count
        + "|\n"
        + "|---" * count
        + "|\n"
        + "| 1 " * count
        + "|\n"
    )


def _tables(size: int) -> str:
    unit = (
        "| Level | Response Time |\n|---|---|\n| SEV-1 | 5 min |\n"
        "x | y\n--|--\n1 | 2\n\n| Time | Contact |\n|---|---|\n| 5 min | lead |\n"
    )
    return FRONT + "## Escalation\n\n" + unit * max(1, size // len(unit))


def _stages(size: int) -> str:
    unit = (
        "### Stage %d: Look at %d (sre)\n\n```yaml\nactions:\n"
        '  - look: {command: "kubectl logs deploy/app-%d"}\n```\n\n'
    )
    return _numbered(unit)(size)


def _mermaid(statement: str) -> Maker:
    return _fenced(_numbered(statement, before="flowchart TD\n"), "mermaid")


def _subgraphs(size: int) -> str:
    deep = max(1, size // 20)
    opened = "".join(f"subgraph s{at}\n" for at in range(deep))
    return f"flowchart TD\n{opened}a --> b\n" + "end\n" * deep


def _form(body: str) -> Maker:
    """A workflow in the YAML form with the unit again and again."""
    return _numbered(body, before="armada: 1\nname: hostile\nstages:\n")


KINDS: Mapping[str, Maker] = {
    # drawings
    "boxes-side-by-side": _fenced(_side_by_side),
    "boxes-on-one-row": _fenced(_one_row),
    "boxes-stacked": _fenced(_stacked),
    "boxes-nested": _fenced(_nested),
    "box-huge": _fenced(_huge_box),
    "boxes-ascii": _fenced(_repeated("+---+ +---+\n| a |-| b |\n+---+ +---+\n", before="")),
    "bars": _fenced(_filled("│")),
    "pluses": _fenced(_filled("+")),
    "dashes": _fenced(_filled("-")),
    "bars-ascii": _fenced(_filled("|")),
    "arrows-ascii": _fenced(_filled("-->", 50)),
    "arrows": _fenced(_filled("──▶", 50)),
    "heads": _fenced(_filled("▼")),
    "letters-v": _fenced(_filled("v")),
    "corners": _fenced(_corners),
    "staircase": _fenced(_staircase),
    "rails": _fenced(_rails),
    "one-net": _fenced(_one_net),
    "crossings": _fenced(_crossings),
    "words-between-heads": _fenced(_words_between),
    "words-everywhere": _fenced(_filled("a ", 80)),
    "one-long-line": _fenced(_repeated("─▶ a ", before="┌──┐")),
    "many-drawings": _repeated("```\n┌─┐ ┌─┐\n│a├▶│b│\n└─┘ └─┘\n```\n", before=FRONT + "## Flow\n"),
    "drawing-quoted": _repeated("> ┌─┐ ┌─┐\n> │a├▶│b│\n> └─┘ └─┘\n", before=FRONT + "## Flow\n"),
    "drawing-indented": _repeated("    +--+ +--+\n    |a |-|b |\n    +--+ +--+\n"),
    "drawing-unfenced": _repeated("┌──┐ ┌──┐\n│a ├▶│b │\n└──┘ └──┘\n"),
    "drawing-wide": _fenced(_repeated("│ 漢字 │ 😀 │\n", before="┌──────┐\n")),
    "chain": _fenced(_numbered("step %d → ", before="")),
    "chains": _fenced(_numbered("step %d → step %d\n", before="")),
    "steps-below": _fenced(_repeated("x\n↓\n", before="")),
    "branches": _fenced(_numbered("  ├─> step %d\n", before="start\n")),
    # charts
    "mermaid-edges": _mermaid("n%d --> m%d\n"),
    "mermaid-chain": _mermaid("n%d --> "),
    "mermaid-explosion": _fenced(_explosion, "mermaid"),
    "mermaid-subgraphs": _fenced(_subgraphs, "mermaid"),
    "mermaid-brackets": _fenced(_repeated("[(", before="flowchart TD\na"), "mermaid"),
    "mermaid-quotes": _fenced(_repeated('a["', before="flowchart TD\n"), "mermaid"),
    "mermaid-dashes": _fenced(_repeated("-", before="flowchart TD\na "), "mermaid"),
    "mermaid-texts": _fenced(_repeated("-- a ", before="flowchart TD\na "), "mermaid"),
    "mermaid-blanks": _fenced(_repeated(" \n", before="flowchart TD\na", after="x"), "mermaid"),
    "mermaid-directives": _fenced(_repeated("%%{ ", before=""), "mermaid"),
    "mermaid-comments": _fenced(_repeated("%% \n", before=""), "mermaid"),
    "mermaid-front": _fenced(_repeated("---\n", before=""), "mermaid"),
    "mermaid-data": _fenced(_repeated("a@{ ", before="flowchart TD\n"), "mermaid"),
    "mermaid-many": _repeated("```mermaid\ngraph TD\na-->b\n```\n"),
    "mermaid-flags": _fenced(_repeated("a>", before="flowchart TD\n"), "mermaid"),
    "mermaid-colons": _repeated(":::mermaid\n"),
    "mermaid-divs": _repeated('<div class="a mermaid">'),
    "mermaid-quoted": _repeated("> ```mermaid\n"),
    # the lines of a document
    "headings": _numbered("### Stage %d: Look (sre)\n"),
    "headings-deep": _repeated("# a\n## b\n### c\n#### d\n##### e\n###### f\n"),
    "heading-long": _repeated("Stage 1: (", before=FRONT + "### "),
    "heading-emphasis": _repeated("*", before=FRONT + "### ", after="a"),
    "setext": _repeated("a\n---\n"),
    "stages": _stages,
    "table-wide": _wide_table,
    "tables": _tables,
    "table-pipes": _repeated("|"),
    "table-rules": _repeated("|---"),
    "table-heads": _repeated("a|b\n--|--x\n"),
    "table-spaces": _repeated(" ", before=FRONT + "a|b\n", after="x\n"),
    "table-escapes": _repeated("\\|", before=FRONT + "a|b\n-|-\n"),
    "lists-deep": lambda size: (
        FRONT + "".join("  " * at + "- a\n" for at in range(max(1, int(size**0.5))))
    ),
    "quotes-deep": _repeated(">", before=FRONT),
    "quotes": _repeated("> a\n"),
    "fences-open": _repeated("```\n"),
    "fences-languages": _repeated("```yaml\n"),
    "fences-of-all-lengths": lambda size: (
        FRONT + "".join("`" * at + "\n" for at in range(3, max(4, int((2 * size) ** 0.5))))
    ),
    "fences-escaped": _repeated("\\`\\`\\`\n"),
    "comments-open": _repeated("<!-- "),
    "comments": _repeated("<!-- armada-ignore ARM001 -->\n"),
    "blank-lines": _repeated("\n"),
    "blanks": _repeated(" "),
    "tabs": _repeated("\t"),
    "dashes-front": _repeated("---\n", before=""),
    "front-huge": _numbered("key%d: value\n", before="---\nname: x\n", after="---\n"),
    "front-open": _numbered("key%d: value\n", before="---\nname: x\n"),
    "html-open": _repeated("<table>"),
    "html-cells": _repeated("<tr><td colspan=50 rowspan=50>a", before=FRONT + "<table>"),
    "html-tables": _repeated("<table><tr><td>P1</td><td>5 min</td></tr></table>\n"),
    "html-tags": _repeated("<", before=FRONT + "<table>"),
    "html-attributes": _repeated("<td a=", before=FRONT + "<table>", after="</table>"),
    "emphasis": _repeated("**a"),
    "calls": _fenced(_repeated('Task("a", ', before="")),
    # policy
    "severity-bullets": _numbered("- **SEV-1**: respond in 15 min %d\n", FRONT + "## Severity\n\n"),
    "severity-blocks": _repeated(
        "- **P1**: all down\n  - Response time: 15 min\n- **P2**: some\n  - Response time: 1 h\n",
        FRONT + "## Severity Levels\n\n",
    ),
    "severity-headings": _numbered(
        "### SEV-1 %d\n\nRespond in 15 min.\n\n### SEV-2\n\nRespond in 1 hour.\n\n",
        FRONT + "## Severity Levels\n\n",
    ),
    "severity-prose": _numbered("**P1**: respond in 15 min %d\n\n", FRONT + "## Severity\n\n"),
    "severity-depths": lambda size: (
        FRONT
        + "## Severity\n\n"
        + "".join(
            " " * (at % 60) + f"- **SEV-{at % 5}**: {at}\n" for at in range(max(1, size // 50))
        )
    ),
    "severity-table": _numbered(
        "| SEV-1 | a %d | 15 min |\n",
        FRONT + "## Severity\n\n| Level | Criteria | Response |\n|---|---|---|\n",
    ),
    "severity-matrices": _repeated(
        "## Severity\n\n- P1: all\n- P2: some\n\n**x**:\n- P1: all\n- P2: some\n\n"
    ),
    "ladder-items": _numbered("%d. 5 min: page the lead\n", FRONT + "## Escalation\n\n"),
    "ladder-targets": _repeated("lead, ", FRONT + "## Escalation\n\n1. 5 min: "),
    "ladder-prose": _numbered(
        "If no answer in %d min, page the lead.\n\n", FRONT + "## Escalation\n\n"
    ),
    "ladder-labels": _repeated("**Escalation path:**\n\n1. 5 min: lead\n\n"),
    "ladder-tiers": _repeated("#### Level 1: lead\n", FRONT + "## Escalation\n\n"),
    "ladder-tiers-deep": _repeated(
        "### Level 1: lead\n#### a\n### Level 2: boss\n", FRONT + "## Escalation\n\n"
    ),
    "ladder-nested": _repeated("   - team lead\n", FRONT + "## Escalation\n\n1. 5 min:\n"),
    "ladder-guarded": _numbered(
        "- for SEV-1: if no response in %d min, page the lead\n", FRONT + "## Escalation\n\n"
    ),
    "ladder-spaces": _repeated(" ", FRONT + "## Escalation\n\nAfter 5 min then", "page her\n"),
    "ladder-columns": lambda size: (
        FRONT
        + "## Escalation\n\n| a "
        + "| tier 1 " * (size // 30)
        + "|\n"
        + "|---" * (size // 30)
        + "|---|\n"
        + ("| SEV-1 " + "| lead " * (size // 30) + "|\n") * 2
    ),
    "ladder-brackets": _repeated("(", FRONT + "## Escalation\n\n1. 5 min: "),
    "times": _action(_repeated("1h", before="{timeout: ", after="}")),
    # YAML and what stands in it
    "yaml-aliases": _yaml_bomb,
    "yaml-merges": _merge_bomb,
    "yaml-deep": _deep_yaml,
    "yaml-flow-deep": _action(_repeated("[", before="")),
    "yaml-flow-maps": _action(_repeated("{a: ", before="")),
    "yaml-flow-closed": _action(lambda size: "[" * (size // 2) + "]" * (size // 2)),
    "yaml-list": _action(_numbered("a%d, ", before="[", after="]")),
    "yaml-key-huge": _action(_repeated("k", before="{", after=": v}")),
    "yaml-keys": _action(_numbered("k%d: v, ", before="{", after="}")),
    "yaml-same-keys": _action(_repeated("k: v, ", before="{", after="}")),
    "yaml-questions": _action(_repeated("? ", before="\n    ")),
    "yaml-dashes": _action(_repeated("- ", before="\n    ")),
    "yaml-anchors": _action(_numbered("&a%d x, ", before="[", after="]")),
    "yaml-quotes": _action(_repeated("'' ", before="'", after="'")),
    "yaml-escapes": _action(_repeated("\\x41", before='"', after='"')),
    "yaml-block": _action(_repeated("      echo a\n", before="\n    command: |\n")),
    "condition-groups": _action(
        lambda size: "{when: '" + "(" * (size // 2) + "a" + ")" * (size // 2) + "'}"
    ),
    "condition-nots": _action(_repeated("NOT ", before="{when: '", after="a'}")),
    "condition-ands": _action(_repeated("a AND ", before="{when: '", after="a'}")),
    "condition-lists": _action(_repeated('"a", ', before="{when: 'a in [", after="]'}")),
    "conditions-many": _numbered(
        "  - a%d: {when: '((a AND b) OR NOT c)'}\n", FRONT + STAGE, "```\n"
    ),
    "template-nested": _action(_repeated("{{ ", before='{template: "', after='"}')),
    "template-groups": _action(
        lambda size: '{template: "{{ ' + "(" * (size // 2) + "a" + ")" * (size // 2) + ' }}"}'
    ),
    "template-ifs": _action(_repeated("{% if a %}", before='{template: "', after='"}')),
    "template-filters": _action(_repeated("|a", before='{template: "{{ a', after=' }}"}')),
    "template-names": _action(_numbered("{{ a%d }}", before='{template: "', after='"}')),
    "template-dots": _action(_repeated(".a", before='{template: "{{ a', after=' }}"}')),
    "command-long": _action(_repeated("x -", before='{command: "', after='"}')),
    "command-quotes": _action(_repeated("'a' ", before='{command: "', after='"}')),
    "command-pipes": _action(_repeated("a | b && ", before='{command: "', after='c"}')),
    "command-nested": _action(_repeated("$(a ", before='{command: "', after='"}')),
    "command-flags": _action(_numbered("--a%d=b ", before='{command: "rm ', after='"}')),
    "commands-many": _numbered(
        "  - a%d: {command: 'kubectl delete pod a'}\n", FRONT + STAGE, "```\n"
    ),
    "needs-many": _numbered("### Stage %d: a%d\n\n```yaml\nneeds: [a1, a2, a3]\n```\n"),
    "ignores": _numbered("<!-- armada: ignore ARM%d reason -->\n"),
    "yaml-form-stages": _form("  - {name: a%d, agent: sre, needs: [a1]}\n"),
    "yaml-form-deep": _repeated("[", before="armada: 1\nstages: "),
    "yaml-form-keys": _numbered("key%d: v\n", before="armada: 1\n"),
    "yaml-form-colons": _repeated(":"),
    "yaml-form-spaces": _repeated("- - - - a\n", before=""),
    # characters
    "nuls": _repeated("\0"),
    "invalid-utf8": lambda size: FRONT.encode() + b"\xff" * size,
    "surrogates": lambda size: FRONT.encode() + b"\xed\xa0\x80" * (size // 3),
    "emoji": _repeated("😀"),
    "emoji-drawn": _fenced(_filled("😀", 80)),
    "combining": _repeated("a" + "\u0301" * 50),
    "combining-drawn": _fenced(_filled("a\u0301", 80)),
    "carriage-returns": lambda size: (FRONT + "## Workflow\n" * (size // 12)).replace("\n", "\r"),
    "crlf": lambda size: _stages(size).replace("\n", "\r\n"),
    "bom": _repeated("\ufeff", before=""),
    "backslashes": _repeated("\\"),
    "backticks": _repeated("`"),
    "hashes": _repeated("#"),
    "stars": _repeated("*"),
    "underscores": _repeated("_"),
    "brackets": _repeated("["),
    "digits": _repeated("1"),
    "colons": _repeated(":"),
    "dashes-one-line": _repeated("-"),
    "pipes-and-dashes": _repeated("-|"),
    "tildes": _repeated("~"),
}
