"""The official Kubernetes client, as plain data: what is read, what is patched, what went wrong.

Owns the connection and the reading of errors. 409, 429 and 5xx may pass; 401, 403, 404 and 422 do
not; a connection that breaks while something is changed leaves in doubt whether it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, cast

from .contract import Answer

MANAGER = "armada"
POD_NAMESPACE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
MISSING = "the adapter kubernetes needs the package kubernetes: pip install 'armada[kubernetes]'"
TRANSIENT = frozenset({408, 409, 429, 500, 502, 503, 504})
Object = dict[str, Any]


class Failure(Exception):
    """A request that did not succeed: what to answer, why, and the HTTP status if there was one."""

    def __init__(self, answer: Answer, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.answer: Answer = answer
        self.text = text
        self.status = status


class Client:
    """Requests to one cluster; every method blocks, and raises ``Failure``."""

    def __init__(self, kubeconfig: str, context: str, namespace: str, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        if not installed():
            raise Failure("permanent", MISSING)
        self._package: Any = import_module("kubernetes.client")
        configuration: Any = self._package.Configuration()
        home = _load(configuration, kubeconfig, context)
        configuration.retries = False  # the kernel decides what is tried again
        self._api: Any = self._package.ApiClient(configuration)
        self.namespace = namespace or home
        self.apps: Any = self._package.AppsV1Api(self._api)
        self.core: Any = self._package.CoreV1Api(self._api)
        self.scaling: Any = self._package.AutoscalingV2Api(self._api)

    def call(self, method: Callable[..., Any], *args: Any, **given: Any) -> Any:
        """Call a method of the client; its answer as plain data."""
        try:
            found = method(*args, **given, _request_timeout=self._timeout_s)
        except self._package.ApiException as error:
            raise refused(error) from None
        except OSError as error:
            raise Failure("failed", f"the cluster cannot be reached: {error}") from None
        except Exception as error:  # urllib3's own: not reached, or broken off on the way
            raise lost(error, given.get("body") is not None) from None
        return found if isinstance(found, str) else self._api.sanitize_for_serialization(found)

    def deployment(self, name: str, namespace: str) -> Object:
        """A Deployment."""
        return cast(Object, self.call(self.apps.read_namespaced_deployment, name, namespace))

    def of_selector(self, method: Callable[..., Any], found: Object) -> list[Object]:
        """Objects in a Deployment's namespace that its selector picks."""
        labels: Mapping[str, str] = found["spec"]["selector"].get("matchLabels", {})
        selector = ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
        namespace = found["metadata"]["namespace"]
        return cast(
            list[Object], self.call(method, namespace, label_selector=selector).get("items", [])
        )

    def replica_sets(self, found: Object) -> list[Object]:
        """A Deployment's ReplicaSets, the oldest revision first."""
        uid = found["metadata"]["uid"]
        sets = self.of_selector(self.apps.list_namespaced_replica_set, found)
        return sorted((each for each in sets if _owned_by(each, uid)), key=revision)

    def patch(self, found: Object, changes: list[Object]) -> Object:
        """Change a Deployment, unless somebody has changed it since it was read."""
        meta = found["metadata"]
        body = [_unchanged(meta), *changes]
        return cast(
            Object,
            self.call(
                self.apps.patch_namespaced_deployment,
                meta["name"],
                meta["namespace"],
                body=body,
                field_manager=MANAGER,
            ),
        )

    def close(self) -> None:
        """Let its connections go."""
        self._api.rest_client.pool_manager.clear()


def installed() -> bool:
    """Whether the package is there that all of this needs."""
    from importlib.util import find_spec

    return find_spec("kubernetes") is not None


def _load(configuration: Any, kubeconfig: str, context: str) -> str:
    """Fill in which cluster and as whom; the namespace that goes with it."""
    config: Any = import_module("kubernetes.config")
    try:
        config.load_kube_config(
            kubeconfig or None, context or None, client_configuration=configuration
        )
        known, active = config.list_kube_config_contexts(kubeconfig or None)
        chosen = next((each for each in known if each["name"] == context), active)
        return str(chosen["context"].get("namespace") or "default")
    except config.ConfigException as error:
        try:
            config.load_incluster_config(configuration)
        except config.ConfigException:
            raise Failure("permanent", f"no kubeconfig can be used: {error}") from None
        with open(POD_NAMESPACE, encoding="utf-8") as file:
            return file.read().strip()


def _unchanged(meta: Object) -> Object:
    return {"op": "replace", "path": "/metadata/resourceVersion", "value": meta["resourceVersion"]}


def _owned_by(each: Object, uid: str) -> bool:
    return any(o.get("uid") == uid for o in each["metadata"].get("ownerReferences", []))


def revision(each: Object) -> int:
    """The revision that Kubernetes gave a Deployment or ReplicaSet; 0 where it has none."""
    found = each["metadata"].get("annotations", {}).get("deployment.kubernetes.io/revision", "0")
    return int(found) if str(found).isdecimal() else 0


def refused(error: Any) -> Failure:
    """What the API server said, as an answer."""
    try:
        data: Any = json.loads(error.body or "{}")
        said = str(cast(Object, data).get("message", "")) if isinstance(data, dict) else ""
    except ValueError:
        said = ""
    status = int(error.status or 0)
    words = said or str(error.reason or "no reason")
    if status == 403:
        return Failure("permanent", f"not permitted: {words}", status)
    if status == 401:
        return Failure("permanent", "the cluster does not accept these credentials")
    word: Answer = "failed" if status in TRANSIENT else "permanent"
    return Failure(word, f"{words} (HTTP {status})", status)


def lost(error: Exception, changing: bool) -> Failure:
    """A connection that did not stand, or broke."""
    reason = getattr(error, "reason", None) or error
    never = type(reason).__name__ in ("NewConnectionError", "ConnectTimeoutError", "SSLError")
    if never or not changing:
        return Failure("failed", f"the cluster cannot be reached: {reason}")
    return Failure("unknown", f"the connection broke before the cluster answered: {reason}")
