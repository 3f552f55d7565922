"""What a message looks like in Slack: blocks within its limits, and the fallback text.

The fallback is what notifications show. Text of ours never becomes markup: ``&``, ``<`` and ``>``
are escaped, as Slack asks. A button names what it is for and holds nothing secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .contract import Message
from .messaging import sendable, shortened

HEADER_MOST, SECTION_MOST, TEXT_MOST, SECTIONS_MOST = 150, 3_000, 4_000, 40
VALUE_MOST, BLOCKS_MOST = 2_000, 50
ACKNOWLEDGE = "armada.acknowledge"
"""Names the button, and its block, in what Slack sends when it is pressed."""
ICONS: Mapping[str, str] = {
    "page": ":rotating_light:",
    "question": ":question:",
    "approval": ":ballot_box_with_check:",
    "task": ":memo:",
    "document": ":page_facing_up:",
    "resolved": ":white_check_mark:",
}


def escaped(text: str) -> str:
    """The text with the three characters escaped that are markup to Slack."""
    return sendable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fallback(message: Message) -> str:
    """What a notification shows: everything, on plain lines."""
    return _within(f"{message.subject}\n{message.body}", TEXT_MOST)


def blocks(message: Message, *, interactive: bool = False) -> list[dict[str, Any]]:
    """Header, body, button and the incident's names, each within Slack's limits."""
    icon = ICONS.get(message.kind, "")
    title = shortened(sendable(f"{icon} {message.subject}".strip()), HEADER_MOST)
    header = {"type": "plain_text", "text": title or "Armada", "emoji": True}
    found: list[dict[str, Any]] = [{"type": "header", "text": header}]
    found += [
        {"type": "section", "text": {"type": "mrkdwn", "text": part}}
        for part in _parts(escaped(message.body), SECTION_MOST)[:SECTIONS_MOST]
    ]
    found += _button(message.press) if interactive else []
    names = [message.incident.get("incident_id", ""), f"severity {message.level}", message.to]
    line = _within(" · ".join(name for name in names if name), SECTION_MOST)
    return [*found, _context(line)]


def answered(shown: Sequence[Mapping[str, Any]], said: str) -> dict[str, Any]:
    """What takes a message's place once its button is used up: the same, and what came of it."""
    kept = [dict(each) for each in shown if each.get("block_id") != ACKNOWLEDGE]
    line = _within(said, SECTION_MOST)
    return {
        "replace_original": True,
        "text": line,
        "blocks": [*kept[: BLOCKS_MOST - 1], _context(line)],
    }


def whispered(said: str) -> dict[str, Any]:
    """What only the person sees who pressed; the message stays as it is."""
    text = _within(said, SECTION_MOST)
    return {"response_type": "ephemeral", "replace_original": False, "text": text}


def _context(line: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": line}]}


def _button(press: str) -> list[dict[str, Any]]:
    """The block by which a page is acknowledged; none where Slack could not hand it back."""
    if not press or len(press) > VALUE_MOST:
        return []
    button = {
        "type": "button",
        "action_id": ACKNOWLEDGE,
        "text": {"type": "plain_text", "text": "Acknowledge"},
        "style": "primary",
        "value": press,
    }
    return [{"type": "actions", "block_id": ACKNOWLEDGE, "elements": [button]}]


def _within(text: str, most: int) -> str:
    """Escaped and short enough, no escape cut in two."""
    whole = escaped(text)
    while len(whole) > most:
        text = shortened(text, max(1, len(text) - (len(whole) - most) - 1))
        whole = escaped(text)
    return whole


def _parts(text: str, most: int) -> list[str]:
    """The text in pieces, cut at line ends where there are any and never inside an escape."""
    parts: list[str] = []
    while text.strip():
        if len(text) <= most:
            return [*parts, text]
        cut = text.rfind("\n", 1, most)
        if cut < 1:
            cut = most
            start = text.rfind("&", cut - 5, cut)
            if start > 0 and ";" not in text[start:cut]:
                cut = start
        parts.append(text[:cut])
        text = text[cut:].removeprefix("\n")
    return [part for part in parts if part.strip()]
