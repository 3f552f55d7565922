"""The GitHub adapter against a GitHub that keeps to GitHub's published description."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from adapter_contract import AdapterContract, Case
from described_github import TOKEN, GitHub, complaints, component
from local_server import Answer, serving

from armada.compiler.plan import Effect
from armada.runtime.adapters.contract import Order, Result, Surroundings
from armada.runtime.adapters.github import Github

GIVEN = {
    "head": "hotfix",
    "title": "Hotfix",
    "reviewers": ["grace"],
    "teams": ["on-call"],
    "labels": ["hotfix", "urgent"],
}


@pytest.fixture
def github() -> Iterator[GitHub]:
    """Whatever a test does, no request and no answer was out of order."""
    found = GitHub()
    yield found
    assert not found.wrong


def order(key: str = "k", **given: Any) -> Order:
    return Order(
        "INC-1",
        "c",
        key,
        "create_pr",
        given,
        Effect.IDEMPOTENT,
        document="## Hotfix for INC-1",
        labels=("from-the-document",),
    )


def asked(github: Any, work: Any, token: str = TOKEN, root: str = "", **stated: Any) -> Any:
    async def whole(url: str) -> Any:
        kind: Any = Github
        given = {"token": token, "repository": "acme/shop", "timeout": "1s", **stated}
        settings = {"url": url + root, **given}
        lent = Surroundings(Path("."), lambda text: text, lambda text: text)
        adapter = kind(Github.describe().settings(**settings), lent)
        try:
            return await work(adapter)
        finally:
            await adapter.close()

    with serving(github) as server:
        return asyncio.run(whole(server.url))


def create(github: Any, token: str = TOKEN, **given: Any) -> Result:
    found: Result = asked(github, lambda adapter: adapter.dispatch(order(**given)), token)
    return found


class TestGithub(AdapterContract):
    """An effect is a pull request that was opened."""

    @pytest.fixture
    def case(self, tmp_path: Path, github: GitHub) -> Iterator[Case]:
        with serving(github) as server:
            yield Case(
                Github,
                {"url": server.url, "repository": "acme/shop", "token": "env:SECRET"},
                tmp_path,
                lambda key: order(key, **GIVEN),
                count=lambda: github.made,
                secrets={"env:SECRET": TOKEN},
            )


def test_it_is_opened_with_all_that_is_stated(github: GitHub) -> None:
    """By the document's text where the binding has none, for the repository's default branch."""
    result = create(github, **GIVEN, draft=True)
    assert result.answer == "ok"
    url = "https://github.example/acme/shop/pull/7"
    assert result.values == {"pr_url": url, "pr_number": "7", "link": url}
    (pull,) = github.pulls
    assert (pull["title"], pull["body"], pull["draft"]) == ("Hotfix", "## Hotfix for INC-1", True)
    assert (pull["head"]["ref"], pull["base"]["ref"]) == ("hotfix", "main")
    assert [each["name"] for each in pull["labels"]] == ["hotfix", "urgent"]
    assert [each["login"] for each in pull["requested_reviewers"]] == ["grace"]
    assert [each["slug"] for each in pull["requested_teams"]] == ["on-call"]


def test_labels_of_the_document_are_taken_where_none_are_given(github: GitHub) -> None:
    create(github, head="hotfix", title="Hotfix", body="Mine")
    (pull,) = github.pulls
    assert [each["name"] for each in pull["labels"]] == ["from-the-document"]
    assert pull["body"] == "Mine" and not pull["requested_reviewers"]


def test_one_that_is_open_is_completed(github: GitHub) -> None:
    """Under another key too: one branch has one pull request, and nothing is asked for twice."""
    create(github, head="hotfix", title="Hotfix", labels=["HOTFIX"])
    first = create(github, **GIVEN)
    assert "was open already" in first.text and github.made == 1
    again = create(github, **{**GIVEN, "reviewers": ["ada", "grace", "linus"]})
    assert again.answer == "ok"
    (pull,) = github.pulls
    assert [each["name"] for each in pull["labels"]] == ["HOTFIX", "urgent"]
    assert [each["login"] for each in pull["requested_reviewers"]] == ["grace", "linus"]
    assert [each["slug"] for each in pull["requested_teams"]] == ["on-call"]


def test_one_that_is_closed_is_not_taken(github: GitHub) -> None:
    create(github, **GIVEN)
    github.pulls[0]["state"] = "closed"
    assert create(github, **GIVEN).values["pr_number"] == "8"


def test_a_quicker_one_is_found(github: GitHub) -> None:
    """Between looking and opening somebody else has opened it."""
    create(github, **GIVEN)
    github.instead = [("GET /repos/acme/shop/pulls", Answer(200, "[]"))]
    result = create(github, **GIVEN)
    assert result.answer == "ok" and result.values["pr_number"] == "7" and github.made == 1


def test_what_was_prepared_is_absolute(github: GitHub) -> None:
    """Approvers see repository, branches, labels and text, and that is what is done."""
    whole = asked(github, lambda a: a.prepare(order(head="hotfix", title="T")))
    assert whole == {
        "head": "hotfix",
        "title": "T",
        "repository": "acme/shop",
        "body": "## Hotfix for INC-1",
        "labels": ["from-the-document"],
        "base": "main",
    }
    assert not github.pulls


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"head": "same-as-main"}, "No commits between main and same-as-main"),
        ({"head": "gone"}, "PullRequest head invalid"),
        ({"base": "gone"}, "PullRequest base invalid"),
        ({"repository": "acme/other"}, "no such repository, or the token does not see it"),
    ],
)
def test_what_github_refuses_is_said_in_its_words(
    github: GitHub, changes: dict[str, str], words: str
) -> None:
    result = create(github, **{**GIVEN, **changes})
    assert result.answer == "permanent" and words in result.text and not github.pulls


def test_reviewers_that_are_refused_leave_it_open_and_say_so(github: GitHub) -> None:
    result = create(github, **{**GIVEN, "reviewers": ["nobody"]})
    assert result.answer == "permanent" and result.values["pr_number"] == "7"
    assert "is open" in result.text and "only be requested from collaborators" in result.text
    assert create(github, **GIVEN).answer == "ok" and github.made == 1


def said(status: int, message: str, **headers: str) -> Answer:
    return Answer(status, json.dumps({"message": message}), headers)


@pytest.mark.parametrize(
    ("answer", "word", "words"),
    [
        (said(403, "slow down", **{"Retry-After": "60"}), "failed", "again in 60 s"),
        (said(429, "slow down"), "failed", "limits the rate: slow down"),
        (said(403, "x", **{"X-RateLimit-Remaining": "0"}), "failed", "limits the rate"),
        (said(403, "You have exceeded a secondary rate limit"), "failed", "limits the rate"),
        (said(403, "Resource not accessible by personal access token"), "permanent", "may not do"),
        (said(502, "Bad gateway"), "unknown", "Bad gateway"),
        (Answer(200, "<html>"), "unknown", "no pull request"),
        (Answer(drop=True), "unknown", ""),
    ],
)
def test_trouble_while_opening(github: GitHub, answer: Answer, word: str, words: str) -> None:
    """What may pass is tried again by the kernel; what may have happened is found by its branch."""
    github.instead = [("POST /repos/acme/shop/pulls", answer)]
    result = create(github, **GIVEN)
    assert result.answer == word and words in result.text
    assert create(github, **GIVEN).answer == "ok"


def test_an_answer_that_is_lost_is_found_by_its_branch(github: GitHub) -> None:
    """Opened, and nobody heard of it."""

    def lost(seen: Any) -> Answer:
        answer = github(seen)
        return Answer(drop=True) if (seen.method, answer.status) == ("POST", 201) else answer

    assert create(lost, **GIVEN).answer == "unknown"
    assert asked(github, lambda a: a.observe(order(**GIVEN))) is None
    assert asked(github, lambda a: a.observe(order(**{**GIVEN, "head": "main"}))) is False
    assert create(github, **GIVEN).answer == "ok" and github.made == 1


def test_a_wrong_token_is_said(github: GitHub) -> None:
    result = create(github, token="wrong", **GIVEN)
    assert result.answer == "permanent" and "not take the token: Bad credentials" in result.text
    (check,) = asked(github, lambda a: a.check(), "wrong")
    assert not check.ok and "does not take the token" in check.what


def test_an_enterprise_server_is_asked_below_its_root(github: GitHub) -> None:
    result = asked(github, lambda a: a.dispatch(order(**GIVEN)), root="/api/v3")
    assert result.answer == "ok"


@pytest.mark.parametrize("name", ["acme", "../..", "acme/..", "a/b/c", "acme/sh op", "./x"])
def test_a_repository_has_an_owner_and_a_name(github: GitHub, name: str) -> None:
    result = create(github, **GIVEN, repository=name)
    assert result.answer == "permanent" and "write owner/name" in result.text


def test_a_branch_of_any_name_stays_one_value(github: GitHub) -> None:
    """It is no second parameter and no other path."""
    name = "fix/a&state=all#1 é"
    github.branches.add(name)
    assert create(github, **{**GIVEN, "head": name}).answer == "ok"
    assert create(github, **{**GIVEN, "head": name}).answer == "ok" and github.made == 1


def test_the_double_is_as_strict_as_the_description() -> None:
    """Else none of the tests above would say anything."""
    schema = {"$ref": "#/components/schemas/pull-request"}
    assert not complaints(schema, component("pull-request"))
    assert complaints(schema, component("pull-request", number="7"))
    assert complaints({"type": "string"}, None) and not complaints(
        {"type": "string", "nullable": True}, None
    )
