"""Secrets that stand in a file itself.

Owns two small tables: names of settings whose values are secrets, and shapes that only secrets
have. What is found is never repeated: the caller has the place, and nothing here returns a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .patterns import lazy

REFERENCES = ("env:", "file:")
MARKS = ("secret", "writeOnly")
"""What an adapter's model may say of a setting in its JSON Schema to call it secret."""

_NAMES = lazy(
    r"(?:^|_)(?:token|secret|password|passwd|passphrase|apikey|api_key|access_key|routing_key"
    r"|private_key|signing_key|credentials?|authorization|cookie)(?:$|_(?:key|token|secret|value))",
    re.IGNORECASE,
)
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("an AWS key", re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")),
    ("a GitHub token", re.compile(r"(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{20,}")),
    ("a GitLab token", re.compile(r"glpat-[A-Za-z0-9_-]{16,}")),
    ("a Slack token", re.compile(r"xox[abeoprs]-[A-Za-z0-9-]{10,}")),
    ("a Slack hook", re.compile(r"hooks\.slack\.com/(?:services|workflows|triggers)(?:/\w+){2,}")),
    ("a key", re.compile(r"(?<![A-Za-z0-9])(?:sk|rk)[-_](?:live|test|proj)[-_][A-Za-z0-9]{10,}")),
    (
        "a web token",
        re.compile(r"(?<![\w-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    ),
    (
        "a password in an address",
        re.compile(r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://[^/\s:@{]*:(?P<it>[^/\s@{]+)@"),
    ),
    (
        "a bearer token",
        re.compile(r"\b[Bb]earer\s+(?P<it>(?=[\w.~+/-]*\d)[A-Za-z0-9._~+/-]{16,})"),
    ),
    ("a Google key", re.compile(r"(?<![\w-])AIza[A-Za-z0-9_-]{35}(?![\w-])")),
    (
        "a package registry's token",
        re.compile(r"(?<!\w)(?:npm_[A-Za-z0-9]{36}|pypi-AgE[\w-]{40,})"),
    ),
)
"""What only secrets look like; ``it`` is the secret itself where that is not all of it."""

_ASSIGNED = lazy(
    r"(?:pass(?:word|wd|phrase)?|token|api[_-]?key|access[_-]?key|client[_-]?secret)"
    r"(?:=[\"']?|(?<=--password)\s|(?<=--token)\s)(?P<it>[^\s\"',;&]{4,})",
    re.IGNORECASE,
)
"""What is given to a name that says it is a secret."""

_HINT = lazy(
    r"PRIVATE KEY-|A[KS]IA|gh[pousr]_|github_pat_|glpat-|xox|slack\.com/|[rs]k[-_]|eyJ|://|earer"
    r"|AIza|npm_|pypi-"
)
"""One of these is in every one of the shapes."""

_SAMPLE = lazy(
    r"example|(.)\1{5}|\.\.\.|12345678|abcdef|\A(?:pass(?:word|wd)?|secret|token|pw)\Z"
    r"|\A[$%<*\[{]|\b(?:your|change[-_]?me|redacted|placeholder|dummy|fake)",
    re.IGNORECASE,
)
"""A secret that is none: it stands in manuals, or says so itself."""


def is_reference(text: str) -> bool:
    """Whether a text stands for a value that is kept elsewhere."""
    return text.startswith(REFERENCES)


def looks_secret(text: str) -> str:
    """What a text looks like (``an AWS key``); empty where it looks like nothing secret."""
    if is_reference(text):
        return ""
    return next((name for name, shape in _SHAPES if shape.search(text)), "")


def find_secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """Where something looks like a secret, and like what; those of manuals are left out."""
    if _HINT.search(text) is None:
        return
    for name, shape in _SHAPES:
        for match in shape.finditer(text):
            group = "it" if "it" in shape.groupindex else 0
            if not is_sample(match[group]):
                yield *match.span(group), name


def is_sample(text: str) -> bool:
    """Whether a secret is none: it stands in manuals, or is itself a blank."""
    return _SAMPLE.search(text) is not None


def masked(text: str) -> str:
    """The text with what looks like a secret, or is called one, as stars for its characters."""
    called = (match for match in _ASSIGNED.finditer(text) if not is_sample(match["it"]))
    places = [(start, end) for start, end, _ in find_secrets(text)]
    for start, end in (*places, *(match.span("it") for match in called)):
        text = f"{text[:start]}{'*' * (end - start)}{text[end:]}"
    return text


def named_secret(key: str) -> bool:
    """Whether a key's own name says that its value is a secret."""
    return _NAMES.search(key.replace("-", "_")) is not None


def marked_secret(schema: Mapping[str, Any], key: str) -> bool:
    """Whether a model's JSON Schema calls a setting secret."""
    said: Any = schema.get("properties", {}).get(key, {})
    options = [said, *said.get("anyOf", [])]
    return any(
        each.get("format") == "password" or any(each.get(mark) is True for mark in MARKS)
        for each in options
    )
