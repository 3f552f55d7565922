"""The official Kubernetes client, as plain data: what is read, what is changed.

Owns the connection, and that a client for trying out changes nothing: every change it sends says
``dryRun=All``, so that the API server judges it (admission, quotas, permissions) and keeps nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, cast

from .cluster import kubeconfig_files, server_name
from .kubernetes_refusals import Failure, lost, refused
from .kubernetes_watch import Stream
from .permissions import Access

MANAGER = "armada"
POD_NAMESPACE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
MISSING = "the adapter kubernetes needs the package kubernetes: pip install 'armada[kubernetes]'"
Object = dict[str, Any]


class Client:
    """Requests to one cluster; every method blocks, and raises ``Failure``."""

    def __init__(
        self,
        kubeconfig: str,
        context: str,
        namespace: str,
        timeout_s: float,
        *,
        trying: bool = False,
    ) -> None:
        self._timeout_s = timeout_s
        self._trying = {"dry_run": "All"} if trying else {}
        if not installed():
            raise Failure("permanent", MISSING)
        self._package: Any = import_module("kubernetes.client")
        configuration: Any = self._package.Configuration()
        home = _load(configuration, kubeconfig, context)
        configuration.retries = False  # the kernel decides what is tried again
        self._api: Any = self._package.ApiClient(configuration)
        self.namespace = namespace or home
        self.server = server_name(str(configuration.host))
        self.apps: Any = self._package.AppsV1Api(self._api)
        self.core: Any = self._package.CoreV1Api(self._api)
        self.scaling: Any = self._package.AutoscalingV2Api(self._api)
        self._authorization: Any = self._package.AuthorizationV1Api(self._api)

    def call(self, method: Callable[..., Any], *args: Any, **given: Any) -> Any:
        """Call a method that reads; its answer as plain data."""
        return self._sent(method, args, given, changing=False)

    def change(self, method: Callable[..., Any], *args: Any, **given: Any) -> Any:
        """Call a method that changes something, as ``armada``; only tried where that is all."""
        return self._sent(method, args, {**given, **self._trying}, changing=True)

    def _sent(
        self,
        method: Callable[..., Any],
        args: tuple[Any, ...],
        given: Mapping[str, Any],
        changing: bool,
    ) -> Any:
        """The answer as the server wrote it: what is watched must read like what is listed."""
        try:
            answer = method(
                *args, **given, _request_timeout=self._timeout_s, _preload_content=False
            )
            data: bytes = answer.data
        except self._package.ApiException as error:
            raise refused(error, changing) from None
        except OSError as error:
            raise Failure("failed", f"the cluster cannot be reached: {error}") from None
        except Exception as error:  # urllib3's own: not reached, or broken off on the way
            raise lost(error, changing) from None
        if "json" not in str(answer.headers.get("Content-Type", "")):
            return data.decode("utf-8", "replace")
        try:
            return json.loads(data)
        except ValueError:
            word = "unknown" if changing else "failed"
            raise Failure(word, "the cluster sends what is no JSON") from None

    def stream(self, method: Callable[..., Any], *args: Any, limit_s: int, **given: Any) -> Stream:
        """Watch what a listing method lists, for at most ``limit_s``; raises ``Failure``."""
        patience = (self._timeout_s, limit_s + self._timeout_s)
        try:
            answer = method(
                *args,
                **given,
                watch=True,
                allow_watch_bookmarks=True,
                timeout_seconds=limit_s,
                _preload_content=False,
                _request_timeout=patience,
            )
        except self._package.ApiException as error:
            raise refused(error, False) from None
        except Exception as error:  # not reached, or broken off on the way
            raise lost(error, False) from None
        return Stream(answer)

    def may(self, access: Access) -> bool:
        """Whether these credentials permit something (a SelfSubjectAccessReview)."""
        resource, _, part = access.resource.partition("/")
        asked = {
            "verb": access.verb,
            "group": access.group,
            "resource": resource,
            "subresource": part,
            "name": access.name,
            "namespace": access.namespace or self.namespace,
        }
        body = {"spec": {"resourceAttributes": {k: v for k, v in asked.items() if v}}}
        method = self._authorization.create_self_subject_access_review
        return bool(self.call(method, body=body)["status"].get("allowed"))

    def deployment(self, name: str, namespace: str) -> Object:
        """A Deployment."""
        return cast(Object, self.call(self.apps.read_namespaced_deployment, name, namespace))

    def of_selector(self, method: Callable[..., Any], found: Object) -> list[Object]:
        """Objects in a Deployment's namespace that its selector picks."""
        listed = self.call(method, found["metadata"]["namespace"], label_selector=selector(found))
        return cast(list[Object], listed.get("items") or [])

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
            self.change(
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


def selector(found: Object) -> str:
    """A Deployment's selector, as a query writes it."""
    stated: Object = found["spec"]["selector"]
    labels: Mapping[str, str] = stated.get("matchLabels", {})
    words = [f"{name}={value}" for name, value in sorted(labels.items())]
    return ",".join([*words, *(_expression(each) for each in stated.get("matchExpressions", []))])


def _expression(stated: Object) -> str:
    key, values = stated["key"], ",".join(stated.get("values", []))
    forms = {"Exists": key, "DoesNotExist": f"!{key}", "In": f"{key} in ({values})"}
    return forms.get(stated["operator"], f"{key} notin ({values})")


def installed() -> bool:
    """Whether the package is there that all of this needs."""
    from importlib.util import find_spec

    return find_spec("kubernetes") is not None


def _load(configuration: Any, kubeconfig: str, context: str) -> str:
    """Fill in which cluster and as whom; the namespace that goes with it."""
    config: Any = import_module("kubernetes.config")
    files = kubeconfig_files(kubeconfig)  # the client would read KUBECONFIG once, at its import
    try:
        config.load_kube_config(files, context or None, client_configuration=configuration)
        known, active = config.list_kube_config_contexts(files)
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
