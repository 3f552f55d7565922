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
MISSING = "the adapter kubernetes needs the package kubernetes: pip install 'armada[kubernetes]'"
TRANSIENT = frozenset({408, 409, 429, 500, 502, 503, 504})
Object = dict[str, Any]


class Failure(Exception):
    """A request that did not succeed: what to answer, and why."""

    def __init__(self, answer: Answer, text: str) -> None:
        super().__init__(text)
        self.answer: Answer = answer
        self.text = text


class Client:
    """Requests to one cluster; every method blocks, and raises ``Failure``."""

    def __init__(self, kubeconfig: str, context: str, namespace: str, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        try:
            self._package: Any = import_module("kubernetes.client")
            config: Any = import_module("kubernetes.config")
        except ImportError:
            raise Failure("permanent", MISSING) from None
        try:
            self._api: Any = config.new_client_from_config(kubeconfig or None, context or None)
            known = config.list_kube_config_contexts(kubeconfig or None)[0]
            active = config.list_kube_config_contexts(kubeconfig or None)[1]
            chosen = next((c for c in known if c["name"] == context), active)
            home = str(chosen["context"].get("namespace") or "default")
        except config.ConfigException as error:
            home = self._inside(config, error)
        self.namespace = namespace or home
        self._api.configuration.retries = False  # the kernel decides what is tried again
        self.apps: Any = self._package.AppsV1Api(self._api)
        self.core: Any = self._package.CoreV1Api(self._api)
        self.scaling: Any = self._package.AutoscalingV2Api(self._api)
        self.access: Any = self._package.AuthorizationV1Api(self._api)

    def _inside(self, config: Any, error: Exception) -> str:
        """The configuration of a pod, where Armada runs in one; its namespace."""
        configuration: Any = self._package.Configuration()
        try:
            config.load_incluster_config(configuration)
        except config.ConfigException:
            raise Failure("permanent", f"no kubeconfig can be used: {error}") from None
        self._api = self._package.ApiClient(configuration)
        place = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
        with open(place, encoding="utf-8") as file:
            return file.read().strip()

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

    def patch(self, found: Object, changes: list[Object], dry_run: bool = False) -> Object:
        """Change a Deployment, unless somebody has changed it since it was read."""
        meta = found["metadata"]
        body = [_unchanged(meta), *changes]
        given = {"dry_run": "All"} if dry_run else {}
        return cast(
            Object,
            self.call(
                self.apps.patch_namespaced_deployment,
                meta["name"],
                meta["namespace"],
                body=body,
                field_manager=MANAGER,
                **given,
            ),
        )

    def close(self) -> None:
        """Let its connections go."""
        self._api.rest_client.pool_manager.clear()


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
        return Failure("permanent", f"not permitted: {words}")
    if status == 401:
        return Failure("permanent", "the cluster does not accept these credentials")
    return Failure("failed" if status in TRANSIENT else "permanent", f"{words} (HTTP {status})")


def lost(error: Exception, changing: bool) -> Failure:
    """A connection that did not stand, or broke."""
    reason = getattr(error, "reason", None) or error
    never = type(reason).__name__ in ("NewConnectionError", "ConnectTimeoutError", "SSLError")
    if never or not changing:
        return Failure("failed", f"the cluster cannot be reached: {reason}")
    return Failure("unknown", f"the connection broke before the cluster answered: {reason}")
