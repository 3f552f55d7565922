"""What can be known of Helm's releases before an incident, given what helm says of them.

Owns the sentences of ``armada doctor`` about a release. A rollback that is refused half-way leaves
the release pending, so what helm will do to each of its objects is asked of the API server first,
by the Kubernetes client, since helm has no such question.
"""

from __future__ import annotations

from collections.abc import Mapping

from .contract import Check, Use
from .helm_arguments import DESCRIPTION, Settings
from .helm_manifest import Manifest
from .kubernetes_client import Client, installed
from .kubernetes_foresight import permitted, users, wanted
from .kubernetes_refusals import Failure

LOOK_S = 10.0
NO_CLIENT = "install it with pip install 'armada[kubernetes]'; a rollback itself does not need it"


def refused(release: str, namespace: str, uses: list[Use], said: str) -> Check:
    """Why helm does not tell of a release."""
    where = f" in namespace {namespace}" if namespace else ""
    if "release: not found" in said:
        what = f"there is no release {release}{where}"
        help = "correct `release` and `namespace` in the bindings"
    else:
        what = f"the release {release}{where} cannot be read: {said}"
        help = "see kubeconfig, context, namespace and the role of its user"
    return Check(False, f"{users('helm', uses)}: {what}", help)


def permissions(
    settings: Settings, uses: list[Use], manifests: Mapping[str, Manifest]
) -> tuple[Check, ...]:
    """Whether helm may do what these uses ask of it."""
    needed, _ = wanted(DESCRIPTION, settings, uses, manifests)
    if not installed():
        what = "the permissions of helm cannot be looked at without the package kubernetes"
        return (Check(False, what, NO_CLIENT),)
    try:
        client = Client(settings.kubeconfig, settings.context, settings.namespace, LOOK_S)
        try:
            return permitted(client, needed)
        finally:
            client.close()
    except Failure as failure:
        help = "see kubeconfig, context, namespace and the role of its user"
        return (Check(False, f"the cluster: {failure.text}", help),)
