"""Taking secrets out of whatever is written or shown.

Two kinds are hidden: values that this process was given by reference (``env:``, ``file:``), in any
of the forms in which they travel, and texts that look like a key or a password, by the detectors of
detect-secrets and a few of our own for what is written in words. Invariant: redacting twice is
redacting once; digests, run and command names and times are never touched.
"""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from typing import Any, cast
from urllib.parse import quote, quote_plus

HIDDEN = "[redacted]"
SHORTEST = 4
"""A remembered value shorter than this is a word, not a secret."""

_NAMED = re.compile(
    r"""(?ix)
    \b(pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|client[_-]?secret)
    (["']?\s*[=:]\s*["']?)
    (?!env:|file:|\[redacted\])
    ([^\s"',;&]{4,})
    """
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)(\s+)(?!\[redacted\])([A-Za-z0-9._~+/=-]{12,})")
_USERINFO = re.compile(r"(?<=://)([^\s/:@]*):(?!\[redacted\]@)([^\s/@]+)(?=@)")
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.S
)
_SECRET_NAME = re.compile(r"(?i)(?:^|[_-])(password|passwd|secret|token|api_?key)$")
_LONG = re.compile(r"\S{16,}")
_DIGIT, _LETTER = re.compile("[0-9]"), re.compile("[A-Za-z]")
DETECTORS = (
    "aws.AWSKeyDetector",
    "azure_storage_key.AzureStorageKeyDetector",
    "discord.DiscordBotTokenDetector",
    "github_token.GitHubTokenDetector",
    "gitlab_token.GitLabTokenDetector",
    "jwt.JwtTokenDetector",
    "mailchimp.MailchimpDetector",
    "npm.NpmDetector",
    "openai.OpenAIDetector",
    "pypi_token.PypiTokenDetector",
    "sendgrid.SendGridDetector",
    "slack.SlackDetector",
    "square_oauth.SquareOAuthDetector",
    "stripe.StripeDetector",
    "telegram_token.TelegramBotTokenDetector",
    "twilio.TwilioKeyDetector",
)
"""The detectors that know a key by its shape; those that guess by entropy would hide digests."""


class Redactor:
    """Hides the secrets that it was told, and what looks like one."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()

    def remember(self, value: str) -> None:
        """Hide this value from now on, in every form in which it may be written."""
        if len(value) < SHORTEST or value in HIDDEN:  # else what was hidden were hidden again
            return
        forms = dict.fromkeys((*self._forms, *_forms(value)))
        self._forms = tuple(sorted(forms, key=lambda form: (-len(form), form)))

    def redact(self, text: str) -> str:
        """The text without secrets."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, HIDDEN)
        text = _NAMED.sub(rf"\1\2{HIDDEN}", text)
        text = _BEARER.sub(rf"\1\2{HIDDEN}", text)
        text = _USERINFO.sub(rf"\1:{HIDDEN}", text)
        if "-----BEGIN " in text:
            text = _PEM.sub(HIDDEN, text)
        if _may_hold_a_key(text):
            for shape in _shapes():
                text = shape.sub(_hide, text)
        return text

    def redact_data(self, data: Any) -> Any:
        """Plain JSON data without secrets; names of fields stay."""
        if isinstance(data, str):
            return self.redact(data)
        if isinstance(data, dict):
            known = cast(dict[str, Any], data)
            return {name: self._field(name, value) for name, value in known.items()}
        if isinstance(data, (list, tuple)):
            return [self.redact_data(each) for each in cast(list[Any], data)]
        return data

    def _field(self, name: str, value: Any) -> Any:
        if isinstance(value, str) and _SECRET_NAME.search(name):
            return value if value.startswith(("env:", "file:")) or not value else HIDDEN
        return self.redact_data(value)


def _may_hold_a_key(text: str) -> bool:
    """Whether there is a long word with letters and digits: every key has one, little else has."""
    words = (match.group() for match in _LONG.finditer(text))
    return any(_DIGIT.search(word) and _LETTER.search(word) for word in words)


def _forms(value: str) -> tuple[str, ...]:
    """A value as it is, in a URL, in JSON and in Base64, each with and without line ends."""
    found: list[str] = []
    for each in dict.fromkeys((value, value.strip())):
        raw = each.encode("utf-8", "surrogateescape")
        encoded = (base64.b64encode(raw), base64.urlsafe_b64encode(raw))
        found += [each, quote(each, safe=""), quote_plus(each), json.dumps(each)[1:-1]]
        found += [json.dumps(each, ensure_ascii=False)[1:-1]]
        found += [part.decode("ascii").rstrip("=") for part in encoded]
    return tuple(form for form in dict.fromkeys(found) if len(form) >= SHORTEST)


def _hide(match: re.Match[str]) -> str:
    """Hide what a detector marks as the secret: its groups where it has any, else all."""
    groups = [group for group in match.groups() if group]
    if not groups:
        return HIDDEN
    longest = max(groups, key=len)
    return match.group(0).replace(longest, HIDDEN) if len(longest) >= 12 else HIDDEN


@cache
def _shapes() -> tuple[re.Pattern[str], ...]:
    """The patterns of the detectors; loaded when a text first looks as if it held a key."""
    from importlib import import_module

    import detect_secrets.plugins as plugins

    found: list[re.Pattern[str]] = []
    for name in DETECTORS:
        module, _, detector = name.partition(".")
        known: Any = getattr(import_module(f"{plugins.__name__}.{module}"), detector)
        found.extend(known.denylist)
    return tuple(found)
