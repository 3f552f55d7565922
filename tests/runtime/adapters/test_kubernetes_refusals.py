"""What a cluster refuses, in words and as an answer."""

from __future__ import annotations

import pytest

from armada.runtime.adapters.kubernetes_refusals import permission, refusal, refused

FORBIDDEN = (
    'deployments.apps "api" is forbidden: User "system:serviceaccount:ops:armada" cannot patch '
    'resource "deployments/scale" in API group "apps" in the namespace "agents"'
)


def test_a_missing_permission_is_named_as_a_rule_would() -> None:
    """Verb, resource with its part, namespace, and whose it is."""
    failure = refusal(403, FORBIDDEN)
    who = "system:serviceaccount:ops:armada"
    needs = f"{who} needs patch on deployments/scale in namespace agents"
    assert failure.answer == "permanent" and failure.text.startswith(f"not permitted: {needs}")
    cluster = 'nodes is forbidden: User "x" cannot list resource "nodes" in API group "" at the '
    assert permission(cluster + "cluster scope") == "x needs list on nodes in the whole cluster"


def test_what_admission_refuses_is_no_missing_permission() -> None:
    """A quota answers 403 as well."""
    quota = 'pods "shop" is forbidden: exceeded quota: small, requested: pods=1'
    assert refusal(403, quota).text == f"the cluster refuses it: {quota}"


@pytest.mark.parametrize(
    ("status", "answer"),
    [(409, "failed"), (429, "failed"), (500, "failed"), (503, "failed"), (504, "failed")]
    + [(401, "permanent"), (404, "permanent"), (410, "permanent"), (422, "permanent")],
)
def test_what_may_pass_is_told_from_what_will_not(status: int, answer: str) -> None:
    """A conflict and a full queue pass; a wrong name does not."""
    failure = refusal(status, "said")
    assert (failure.answer, failure.status) == (answer, status)


class Raised:
    """What the client raises where TLS has failed."""

    status, body = 0, None

    def __init__(self, reason: str) -> None:
        self.reason = reason


@pytest.mark.parametrize(
    ("reason", "changing", "answer"),
    [
        ("SSLError\n[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred", False, "failed"),
        ("SSLError\n[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred", True, "unknown"),
        ("SSLError\n[SSL: CERTIFICATE_VERIFY_FAILED] self-signed", True, "permanent"),
        ("SSLError\n_ssl.c:980: The handshake operation timed out", True, "failed"),
    ],
)
def test_tls_that_fails_is_trouble_or_for_good(reason: str, changing: bool, answer: str) -> None:
    """A server that goes down cuts handshakes and answers; a wrong certificate stays wrong."""
    assert refused(Raised(reason), changing).answer == answer
