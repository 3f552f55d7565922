"""The schema that editors check by admits what compiles and refuses what has a wrong key."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import yaml

from armada.compiler.compile import compile_source
from armada.compiler.document_schema import document_schema
from armada.compiler.kinds import FORMS
from armada.compiler.outline import STAGE_KEYS
from armada.dsl.source import SourceFile

WHOLE = """\
name: checkout-outage
description: The checkout is down
pattern: pipeline
coordinator: lead
agents: [lead, responder, deployer]
timezone: Europe/Berlin
inputs:
  service: {type: string, default: checkout, description: What is down}
severities:
  SEV-1: {criteria: Nobody can pay, respond_within: immediate, agents: all}
  SEV-2: {criteria: Some cannot pay, respond_within: 30m, agents: [lead, responder]}
stages:
  - name: Triage
    agent: responder
    actions:
      - look: {questions: ["What is affected?"], timeout: 10m}
      - grade: {sev1: Nobody can pay, sev2: Some cannot pay}
  - name: Repair
    agent: deployer
    needs: Triage
    timeout: 1h
    on_failure: block
    actions:
      - name: back
        command: helm rollback checkout 3 -n shop
        when: severity <= 2
        retry: {attempts: 2, backoff: 10s}
        approval: {quorum: 1, reviewers: [lead], skip_if_sev1: true}
      - release: {strategy: canary, canary_percent: 10, monitor_duration: 5m}
      - proved: {checks: ["Payments go through"], poll: 10s}
      - watch: {duration: 10m, alerts: enabled}
escalation:
  while: unacknowledged
  rungs:
    - "0-15 min: on-call"
    - {from: 15m, targets: [lead], only_at: SEV-1}
"""


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = document_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_a_workflow_that_compiles_is_admitted(validator: Any) -> None:
    """With every kind of key that a stage and an action have."""
    assert compile_source(SourceFile("w.armada.yaml", WHOLE)).plan is not None
    assert [error.message for error in validator.iter_errors(yaml.safe_load(WHOLE))] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("pattern: pipeline", "pattern: circle"),
        ("coordinator: lead", "coordinater: lead"),
        ("    agent: responder", "    agents: responder"),
        ("needs: Triage", "need: Triage"),
        ("canary_percent: 10", "canary_percent: 110"),
        ("timeout: 10m", "timeout: soon"),
        ("while: unacknowledged", "while: asleep"),
        ("name: checkout-outage", "title: checkout-outage"),
        ("backoff: 10s", "wait: 10s"),
        ("on_failure: block", "on_failure: panic"),
    ],
)
def test_what_is_written_wrongly_is_marked(validator: Any, right: str, wrong: str) -> None:
    """As the linter would, but while it is typed."""
    assert right in WHOLE
    assert list(validator.iter_errors(yaml.safe_load(WHOLE.replace(right, wrong, 1))))


def test_every_key_that_the_compiler_reads_is_in_it() -> None:
    """The schema is made of the compiler's own tables."""
    schema = document_schema()
    assert set(STAGE_KEYS) <= set(schema["$defs"]["stage"]["properties"])
    action = schema["$defs"]["action"]["anyOf"][0]["properties"]
    wanted = {key for form in FORMS for key in form.keys if not key.endswith("N")}
    assert wanted <= set(action)
