"""What each operation of the Kubernetes adapter does, on plain data.

Every change is one patch that also writes down its key (``kubernetes_marks``), made only if nobody
changed the object since it was read. What would be undone behind our back is refused first: an
object that Argo CD or Flux keeps as it is in Git, and replicas that an autoscaler sets.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from .arguments import milliseconds
from .contract import Result
from .kubernetes_client import MANAGER, Client, Object, revision
from .kubernetes_judge import CANARY
from .kubernetes_marks import done, marked
from .kubernetes_permissions import canary_name
from .kubernetes_refusals import Failure

LINES, PODS, EVENTS = 50, 5, 20
KEEPERS: Mapping[str, str] = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "olm.owner": "the Operator Lifecycle Manager",
}
"""Labels and annotations of what keeps an object as it is written in Git."""


def prepared(client: Client, operation: str, given: Mapping[str, Any], key: str) -> Object:
    """The arguments with every relative value made absolute."""
    found = dict(given)
    found["namespace"] = given.get("namespace") or client.namespace
    resolve = PREPARED.get(operation)
    if resolve is None:
        return found
    deployment = client.deployment(found["deployment"], found["namespace"])
    before = done(deployment, key)
    return {**found, **(before or resolve(client, deployment, found))}


def _replicas(_client: Client, deployment: Object, given: Mapping[str, Any]) -> Object:
    wanted = given["replicas"]
    if isinstance(wanted, str):
        wanted = max(0, int(deployment["spec"].get("replicas", 1)) + int(wanted))
    most = given.get("max")
    return {"replicas": wanted if most is None else min(wanted, most)}


def _revision(client: Client, deployment: Object, given: Mapping[str, Any]) -> Object:
    sets = client.replica_sets(deployment)
    now, wanted = revision(deployment), given.get("to_revision")
    if wanted is not None:
        if not any(revision(each) == wanted for each in sets):
            known = ", ".join(str(revision(each)) for each in sets)
            raise Failure("permanent", f"there is no revision {wanted}; there are {known}")
        return {"to_revision": wanted}
    earlier = [revision(each) for each in sets if revision(each) != now]
    if not earlier:
        raise Failure("permanent", "there is no earlier revision to go back to")
    return {"to_revision": earlier[-1]}


PREPARED: Mapping[str, Callable[[Client, Object, Mapping[str, Any]], Object]] = {
    "scale": _replicas,
    "undo": _revision,
}


# --- changes --------------------------------------------------------------------------------------


def not_kept(found: Object) -> None:
    """Raises ``Failure`` where something would undo a change: it has to be made there."""
    meta = found["metadata"]
    for owner in meta.get("ownerReferences", []):
        if owner.get("controller"):
            raise Failure(
                "permanent",
                f"{meta['name']} belongs to {owner['kind']} {owner['name']}, which would undo this:"
                f" change the {owner['kind']} instead",
            )
    said = {**meta.get("labels", {}), **meta.get("annotations", {})}
    for name, keeper in KEEPERS.items():
        if name in said:
            raise Failure(
                "permanent",
                f"{keeper} keeps {meta['name']} as it is declared ({name}={said[name]}) and would"
                f" undo this: change it there, or suspend {keeper} for it first",
            )


def not_scaled(client: Client, found: Object) -> None:
    """Raises ``Failure`` where an autoscaler sets the replicas."""
    meta = found["metadata"]
    method = client.scaling.list_namespaced_horizontal_pod_autoscaler
    for each in client.call(method, meta["namespace"]).get("items", []):
        target = each["spec"]["scaleTargetRef"]
        if (target.get("kind"), target.get("name")) == ("Deployment", meta["name"]):
            name = each["metadata"]["name"]
            raise Failure(
                "permanent",
                f"the autoscaler {name} sets the replicas of {meta['name']} and would undo this:"
                f" raise its minReplicas instead",
            )


def again(text: str) -> str:
    """What was done under a key, to whoever gives the key again."""
    return f"{text}; that was done before, and nothing was changed again"


def scale(client: Client, given: Mapping[str, Any], key: str) -> Result:
    """Set the replicas."""
    found = client.deployment(given["deployment"], given["namespace"])
    name, count = given["deployment"], given["replicas"]
    before = int(found["spec"].get("replicas", 1))
    if done(found, key) is not None:
        return Result("ok", again(f"{name} is scaled to {count}"), detail={"replicas": count})
    not_kept(found)
    not_scaled(client, found)
    change = {"op": "add", "path": "/spec/replicas", "value": count}
    client.patch(found, [*marked(found, key, {"replicas": count}), change])
    return Result("ok", f"{name} is scaled from {before} to {count}", detail={"replicas": count})


def restart(client: Client, given: Mapping[str, Any], key: str) -> Result:
    """Replace the pods, as ``kubectl rollout restart`` does."""
    found = client.deployment(given["deployment"], given["namespace"])
    text = f"{given['deployment']} is restarted"
    if done(found, key) is not None:
        return Result("ok", again(text))
    template = found["spec"]["template"].setdefault("metadata", {})
    notes = {**template.get("annotations", {}), "kubectl.kubernetes.io/restartedAt": now()}
    path = "/spec/template/metadata/annotations"
    change = {"op": "add", "path": path, "value": notes}
    client.patch(found, [*marked(found, key, {}), change])
    return Result("ok", text)


def undo(client: Client, given: Mapping[str, Any], key: str) -> Result:
    """Go back to a revision, as ``kubectl rollout undo`` does."""
    found = client.deployment(given["deployment"], given["namespace"])
    name, number = given["deployment"], given["to_revision"]
    before = revision(found)
    if done(found, key) is not None:
        return Result("ok", again(f"{name} goes back to what revision {number} was"))
    not_kept(found)
    sets = [each for each in client.replica_sets(found) if revision(each) == number]
    if not sets:
        raise Failure("permanent", f"there is no revision {number} any more")
    template = copy.deepcopy(sets[0]["spec"]["template"])
    template["metadata"].get("labels", {}).pop("pod-template-hash", None)
    change = {"op": "replace", "path": "/spec/template", "value": template}
    client.patch(found, [*marked(found, key, {"to_revision": number}), change])
    text = f"{name} goes back from revision {before} to what revision {number} was"
    return Result("ok", text, detail={"from": before, "to": number})


def paused(client: Client, given: Mapping[str, Any], key: str, value: bool) -> Result:
    """Stop or go on rolling out."""
    found = client.deployment(given["deployment"], given["namespace"])
    if done(found, key) is None:
        change = {"op": "add", "path": "/spec/paused", "value": value}
        client.patch(found, [*marked(found, key, {}), change])
    return Result("ok", f"{given['deployment']} is {'paused' if value else 'resumed'}")


def flag(client: Client, given: Mapping[str, Any], key: str) -> Result:
    """Set a key of a ConfigMap."""
    name, namespace = given["config_map"], given["namespace"]
    found = client.call(client.core.read_namespaced_config_map, name, namespace)
    before = found.get("data", {}).get(given["key"])
    if done(found, key) is None:
        not_kept(found)
        data = {**found.get("data", {}), given["key"]: given["value"]}
        meta = found["metadata"]
        version = {"op": "replace", "path": "/metadata/resourceVersion"}
        body = [{**version, "value": meta["resourceVersion"]}, *marked(found, key, {})]
        body.append({"op": "add", "path": "/data", "value": data})
        method = client.core.patch_namespaced_config_map
        client.change(method, name, namespace, body=body, field_manager=MANAGER)
    was = "was not set" if before is None else f"was {before}"
    return Result("ok", f"{given['key']} of {name} is {given['value']}; it {was}")


# --- canary ---------------------------------------------------------------------------------------


def canary(client: Client, given: Mapping[str, Any], key: str) -> Result:
    """A second Deployment behind the same Service, with a share of the replicas."""
    found = client.deployment(given["deployment"], given["namespace"])
    not_kept(found)
    all_ = int(found["spec"].get("replicas", 1))
    count = max(1, -(-all_ * int(given.get("percent", 10)) // 100))
    body = _canary_of(found, given, count)
    body["metadata"]["annotations"] = {}
    body["metadata"]["annotations"]["armada.dev/done"] = marked(body, key, {})[-1]["value"]
    method = client.apps.create_namespaced_deployment
    try:
        client.change(method, given["namespace"], body=body, field_manager=MANAGER)
    except Failure as failure:
        if failure.status != 409:
            raise
        there = client.deployment(canary_name(given["deployment"]), given["namespace"])
        if done(there, key) is None:
            name = there["metadata"]["name"]
            raise Failure("permanent", f"{name} is there already: end that canary first") from None
    share = 100 * count / (count + all_)
    text = f"{count} of {count + all_} replicas have {given['image']}: {share:.0f} %"
    asked = f", {given.get('percent', 10)} % were asked for"
    return Result("ok", text + asked, detail={"replicas": count, "share": round(share, 1)})


def _canary_of(found: Object, given: Mapping[str, Any], count: int) -> Object:
    spec = copy.deepcopy(found["spec"])
    labels = {**spec["selector"].get("matchLabels", {}), CANARY: "true"}
    template = _with_image(spec["template"], given)
    template.setdefault("metadata", {}).setdefault("labels", {})[CANARY] = "true"
    spec |= {"replicas": count, "selector": {"matchLabels": labels}, "template": template}
    name = canary_name(given["deployment"])
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": given["namespace"], "labels": labels},
        "spec": spec,
    }


def _with_image(template: Object, given: Mapping[str, Any]) -> Object:
    found = copy.deepcopy(template)
    containers = found["spec"]["containers"]
    wanted = given.get("container") or containers[0]["name"]
    chosen = next((each for each in containers if each["name"] == wanted), None)
    if chosen is None:
        known = ", ".join(each["name"] for each in containers)
        raise Failure("permanent", f"there is no container {wanted}; there are {known}")
    chosen["image"] = given["image"]
    return found


def promote(client: Client, given: Mapping[str, Any], key: str) -> Result:
    """Everything gets the canary's image; the canary ends."""
    found = client.deployment(given["deployment"], given["namespace"])
    if done(found, key) is None:
        not_kept(found)
        template = _with_image(found["spec"]["template"], given)
        change = {"op": "replace", "path": "/spec/template", "value": template}
        client.patch(found, [*marked(found, key, {}), change])
    _end_canary(client, given)
    return Result("ok", f"{given['deployment']} rolls out {given['image']}; its canary is ended")


def abort(client: Client, given: Mapping[str, Any], _key: str) -> Result:
    """The canary ends; the rest never changed."""
    ended = _end_canary(client, given)
    name = canary_name(given["deployment"])
    return Result("ok", f"{name} is ended" if ended else f"there was no {name} any more")


def _end_canary(client: Client, given: Mapping[str, Any]) -> bool:
    name, namespace = canary_name(given["deployment"]), given["namespace"]
    try:
        there = client.deployment(name, namespace)
    except Failure as failure:
        if failure.status == 404:
            return False
        raise
    if CANARY not in there["metadata"].get("labels", {}):
        raise Failure("permanent", f"{name} is not a canary of Armada's, and is left alone")
    client.change(client.apps.delete_namespaced_deployment, name, namespace)
    return True


# --- reading --------------------------------------------------------------------------------------


def now() -> str:
    """This moment as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def status(client: Client, given: Mapping[str, Any], _key: str) -> Result:
    """Replicas and revision of a Deployment."""
    found = client.deployment(given["deployment"], given["namespace"])
    at = found.get("status", {})
    wanted, ready = int(found["spec"].get("replicas", 1)), int(at.get("readyReplicas", 0))
    images = [each["image"] for each in found["spec"]["template"]["spec"]["containers"]]
    text = f"{given['deployment']}: {ready} of {wanted} ready, revision {revision(found)}"
    detail = {"ready": ready, "replicas": wanted, "revision": revision(found), "images": images}
    return Result("ok", f"{text}, {', '.join(images)}", {"ready": str(ready)}, detail=detail)


def recent_rollout(client: Client, given: Mapping[str, Any], _key: str) -> Result:
    """Whether a new template was rolled out within a time."""
    found = client.deployment(given["deployment"], given["namespace"])
    sets = client.replica_sets(found)
    if not sets:
        return Result("unknown", f"{given['deployment']} has no revisions yet")
    newest = max(sets, key=lambda each: each["metadata"]["creationTimestamp"])
    made = datetime.fromisoformat(newest["metadata"]["creationTimestamp"])
    age_s = (datetime.now(UTC) - made).total_seconds()
    recent = age_s * 1000 <= milliseconds(given.get("within", "2h"))
    text = f"revision {revision(newest)} was rolled out {age_s / 60:.0f} min ago"
    return Result("ok" if recent else "false", text, detail={"revision": revision(newest)})


def logs(client: Client, given: Mapping[str, Any], _key: str) -> Result:
    """The last lines of some pods."""
    found = client.deployment(given["deployment"], given["namespace"])
    pods = client.of_selector(client.core.list_namespaced_pod, found)[:PODS]
    parts: list[str] = []
    for pod in pods:
        name = pod["metadata"]["name"]
        try:
            method = client.core.read_namespaced_pod_log
            text = str(client.call(method, name, given["namespace"], tail_lines=LINES))
        except Failure as failure:
            if failure.status == 403:
                raise
            text = f"({failure.text})"
        parts.append(f"--- {name}\n{text.rstrip()}")
    return Result("ok", "\n".join(parts) or f"{given['deployment']} has no pods")


def events(client: Client, given: Mapping[str, Any], _key: str) -> Result:
    """The newest events of a Deployment, its ReplicaSets and pods."""
    name = given["deployment"]
    found = client.call(client.core.list_namespaced_event, given["namespace"]).get("items", [])
    own = [
        each
        for each in found
        if each["involvedObject"].get("name", "") == name
        or each["involvedObject"].get("name", "").startswith(f"{name}-")
    ]
    own.sort(key=lambda each: str(each.get("lastTimestamp") or each.get("eventTime") or ""))
    lines = [
        f"{each.get('type', '')} {each.get('reason', '')} {each['involvedObject']['name']}: "
        f"{each.get('message', '')}"
        for each in own[-EVENTS:]
    ]
    return Result("ok", "\n".join(lines) or f"nothing happened to {name} lately")


Work = Callable[[Client, Mapping[str, Any], str], Result]
WORK: Mapping[str, Work] = {
    "status": status,
    "recent_rollout": recent_rollout,
    "logs": logs,
    "events": events,
    "scale": scale,
    "pause": lambda client, given, key: paused(client, given, key, True),
    "resume": lambda client, given, key: paused(client, given, key, False),
    "flag": flag,
    "restart": restart,
    "undo": undo,
    "canary": canary,
    "promote": promote,
    "abort": abort,
}
