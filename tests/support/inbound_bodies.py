"""Bodies of webhooks as Alertmanager (version 4) and PagerDuty (version 3) send them."""

from __future__ import annotations

from typing import Any


def alert(
    fingerprint: str, status: str = "firing", starts: str = "2026-11-24T02:31:00Z"
) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": "Down", "instance": fingerprint},
        "annotations": {},
        "startsAt": starts,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": fingerprint,
    }


def group(
    *alerts: dict[str, Any], status: str = "", key: str = "{}:{alertname=Down}", **labels: str
) -> dict[str, Any]:
    """One notification of a group; ``labels`` are added to those that all have in common."""
    firing = any(each["status"] == "firing" for each in alerts)
    return {
        "version": "4",
        "groupKey": key,
        "truncatedAlerts": 0,
        "status": status or ("firing" if firing else "resolved"),
        "receiver": "armada",
        "groupLabels": {"alertname": "Down"},
        "commonLabels": {"alertname": "Down", "severity": "critical", **labels},
        "commonAnnotations": {"summary": "the shop is down"},
        "externalURL": "http://alertmanager.example",
        "alerts": list(alerts),
    }


def incident(
    kind: str,
    *,
    delivery: str = "event-1",
    key: str = "group-1",
    user: str = "PUSER1",
    occurred: str = "2026-11-24T02:31:00Z",
    id: str = "PINC1",
) -> dict[str, Any]:
    """One event of an incident."""
    return {
        "event": {
            "id": delivery,
            "event_type": f"incident.{kind}",
            "resource_type": "incident",
            "occurred_at": occurred,
            "agent": {"id": user, "type": "user_reference", "summary": "Ada Lovelace"},
            "client": None,
            "data": {
                "id": id,
                "type": "incident",
                "number": 7,
                "status": kind,
                "incident_key": key,
                "title": "the shop is down",
                "html_url": f"https://shop.pagerduty.example/incidents/{id}",
                "service": {"id": "PSVC", "summary": "shop"},
                "urgency": "high",
                "priority": {"id": "PPRI", "summary": "P1"},
            },
        }
    }
