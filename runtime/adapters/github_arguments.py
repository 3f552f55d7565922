"""What the GitHub adapter is told: its settings, and the arguments of its operation."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from ...compiler.plan import Effect
from .arguments import Duration, Given
from .contract import Description, Operation
from .permissions import told

TITLE_MOST, BODY_MOST = 256, 65_536
_NAME = re.compile(r"(?!\.{1,2}(/|$))[\w.-]{1,100}/(?!\.{1,2}$)[\w.-]{1,100}", re.ASCII)


def _is_repository(text: str) -> str:
    if text and "{{" not in text and _NAME.fullmatch(text) is None:
        raise ValueError("is no repository; write owner/name")
    return text


Repository = Annotated[str, AfterValidator(_is_repository)]
Name = Annotated[str, Field(min_length=1, max_length=255)]


class Settings(Given):
    """Which GitHub, as whom."""

    token: str = Field(
        min_length=1,
        description="A token; `env:NAME` or `file:PATH`.",
        json_schema_extra={"secret": True},
    )
    url: str = Field(
        "https://api.github.com",
        min_length=1,
        description="The API; of GitHub Enterprise Server `https://HOST/api/v3`.",
    )
    repository: Repository = Field("", description="The repository, as `owner/name`.")
    timeout: Duration = Field("20s", description="How long a request may take.")


class CreatePr(Given):
    """A pull request of a branch that is there."""

    repository: Repository = Field("", description="Its repository; else that of the settings.")
    head: Name = Field(description="The branch with the change; `owner:branch` of a fork.")
    base: str = Field("", max_length=255, description="The branch it is for; else the default one.")
    title: str = Field(min_length=1, max_length=TITLE_MOST, description="Its title.")
    body: str | None = Field(None, description="Its text; else the document's template, filled in.")
    labels: list[Name] | None = Field(None, description="Its labels; else those of the document.")
    reviewers: list[Name] = Field(
        default_factory=list[Name], description="Users who are asked for a review."
    )
    teams: list[Name] = Field(
        default_factory=list[Name], description="Teams that are asked, by their short names."
    )
    draft: bool = Field(False, description="Open it as a draft.")


TOKEN = told(
    "a token that reads the repository and writes its pull requests (fine-grained: Metadata read,"
    " Pull requests write; classic: repo); it need not write code"
)

DESCRIPTION = Description(
    "github",
    "Pull requests on GitHub and GitHub Enterprise.",
    Settings,
    (
        Operation(
            "create_pr",
            "Open a pull request.",
            Effect.IDEMPOTENT,
            CreatePr,
            needs=lambda _ask: TOKEN,
        ),
    ),
)
