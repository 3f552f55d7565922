"""A run as a trace and as measures, looked at through the SDK's own in-memory exporters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_script import ZERO_MS, LiveScript, mitigated, triaged, whole
from local_server import Answer, Seen, serving
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from armada.runtime.telemetry import CannotSend, as_otlp, export_metrics, export_spans, send
from armada.runtime.trace import trace
from armada.runtime.view import RunView


def spans_of(view: RunView) -> dict[str, Any]:
    """The spans that the SDK exports, by name; the incident's is its title."""
    kept = InMemorySpanExporter()
    export_spans(view, kept)
    return {span.name: span for span in kept.get_finished_spans()}


def points_of(view: RunView, name: str) -> list[Any]:
    """The data points of one metric."""
    reader = InMemoryMetricReader()
    export_metrics(view, reader)
    data: Any = reader.get_metrics_data()
    metrics = data.resource_metrics[0].scope_metrics[0].metrics
    return [p for metric in metrics if metric.name == name for p in metric.data.data_points]


def test_the_incident_holds_its_stages_which_hold_their_actions_and_attempts() -> None:
    """One trace, each span below the one it belongs to, at the times of the journal."""
    spans = spans_of(whole(LiveScript()).view)
    incident, stage = spans["Agents down"], spans["Mitigate"]
    action, attempt = spans["mitigate.rollback"], spans["mitigate.rollback 1"]
    assert incident.parent is None
    assert stage.parent.span_id == incident.context.span_id
    assert action.parent.span_id == stage.context.span_id
    assert attempt.parent.span_id == action.context.span_id
    assert len({span.context.trace_id for span in spans.values()}) == 1
    assert attempt.kind is SpanKind.CLIENT
    assert incident.start_time == ZERO_MS * 1_000_000
    assert stage.start_time - incident.start_time == 360 * 10**9
    assert attempt.end_time - attempt.start_time == 30 * 10**9
    assert incident.attributes["armada.severity"] == 1
    assert incident.status.status_code is StatusCode.OK


def test_a_join_is_linked_to_what_it_waited_for() -> None:
    """The graph of the plan is in the trace."""
    spans = spans_of(whole(LiveScript()).view)
    linked = {link.context.span_id for link in spans["Fix"].links}
    assert linked == {spans[name].context.span_id for name in ("Diagnose", "Mitigate")}


def test_milestones_and_pages_stand_on_the_incident() -> None:
    """Who was told when, without looking into stages."""
    incident = spans_of(whole(LiveScript()).view)["Agents down"]
    found = [(e.name, (e.timestamp - incident.start_time) // 10**9) for e in incident.events]
    assert ("declared", 0) in found
    assert ("acknowledged", 180) in found
    assert ("notified", 900) in found
    assert [name for name, _ in found].count("resolved") == 1


def test_what_is_unknown_stays_open_until_somebody_found_out() -> None:
    """Then it ends as what it was."""
    script = triaged(LiveScript())
    script.answer("eve", "mitigate.immediate_relief", "none")
    script.answer("eve", "fact:recent_deploy", "yes")
    script.answer("eve", "fact:suspected_cause", "yes")
    script.vote("bob", "mitigate.rollback", "hierarchical-coordinator")
    script.wait(0.1).returns("mitigate.rollback", "unknown", by="shell")
    attempt = spans_of(script.view)["mitigate.rollback 1"]
    assert attempt.attributes["armada.open"] is True
    assert attempt.status.status_code is StatusCode.UNSET
    assert [event.name for event in attempt.events] == ["outcome unknown"]
    script.wait(0.2).answer("eve", "outcome:mitigate.rollback:1:0:1", "happened")
    assert spans_of(script.view)["mitigate.rollback"].status.status_code is StatusCode.OK


def test_what_failed_is_an_error() -> None:
    """Nothing is green that is not."""
    script = triaged(LiveScript())
    script.answer("eve", "mitigate.immediate_relief", "none")
    script.answer("eve", "fact:recent_deploy", "yes")
    script.answer("eve", "fact:suspected_cause", "yes")
    script.vote("bob", "mitigate.rollback", "hierarchical-coordinator")
    script.wait(0.1).returns("mitigate.rollback", "permanent", by="shell")
    spans = spans_of(script.view)
    assert spans["mitigate.rollback 1"].status.status_code is StatusCode.ERROR
    assert spans["mitigate.rollback"].status.status_code is StatusCode.ERROR


def test_a_run_that_goes_on_says_so() -> None:
    """A span has an end; an open one says that it is none."""
    spans = spans_of(mitigated(triaged(LiveScript())).view)
    assert spans["Agents down"].attributes["armada.open"] is True
    assert spans["Diagnose"].attributes["armada.open"] is True
    assert "armada.open" not in spans["Mitigate"].attributes


def test_the_same_run_is_the_same_trace_whenever_it_is_exported() -> None:
    """A second export completes the first rather than standing beside it."""
    early = as_otlp(mitigated(triaged(LiveScript())).view)
    late = as_otlp(whole(LiveScript()).view)
    assert identities(early) <= identities(late)
    assert as_otlp(whole(LiveScript()).view)["resourceSpans"] == late["resourceSpans"]
    other = as_otlp(whole(LiveScript(run="INC-20261124-0299")).view)
    assert not identities(other) & identities(late)


def identities(data: dict[str, Any]) -> set[tuple[str, str]]:
    (scope,) = data["resourceSpans"][0]["scopeSpans"]
    found = {(span["traceId"], span["spanId"]) for span in scope["spans"]}
    assert all(len(t) == 32 and len(s) == 16 for t, s in found)
    assert len(found) == len(scope["spans"])
    return found


def test_phases_stages_and_pages_are_measured_in_seconds() -> None:
    """Histograms for how long, counters for how often."""
    view = whole(LiveScript()).view
    (acknowledged,) = points_of(view, "armada.incident.time_to_acknowledge")
    assert (acknowledged.count, acknowledged.sum) == (1, 180.0)
    assert acknowledged.attributes["armada.severity"] == 1
    stages = points_of(view, "armada.stage.duration")
    mitigate = next(p for p in stages if p.attributes["armada.stage"] == "mitigate")
    assert mitigate.sum == 150.0
    pages = points_of(view, "armada.pages")
    assert {p.attributes["armada.rung"]: p.value for p in pages} == {1: 2, 2: 1}
    (breaches,) = points_of(view, "armada.incident.response_breaches")
    assert breaches.value == 0


def test_a_broken_deadline_is_counted() -> None:
    """Nobody acknowledged within five minutes."""
    (breaches,) = points_of(
        LiveScript().declare().wait(7).view, "armada.incident.response_breaches"
    )
    assert breaches.value == 1


def test_a_collector_is_sent_both_as_protobuf() -> None:
    """To the two standard paths below the address."""
    view = whole(LiveScript()).view
    with serving(lambda _: Answer(200)) as server:
        send(view, f"{server.url}/")
    traces, metrics = server.seen
    assert (traces.path, metrics.path) == ("/v1/traces", "/v1/metrics")
    names = set[str]()
    for seen in server.seen[:-1]:
        sent = ExportTraceServiceRequest.FromString(seen.body)
        names |= {s.name for r in sent.resource_spans for c in r.scope_spans for s in c.spans}
    assert {"Agents down", "Mitigate", "mitigate.rollback 1"} <= names
    measured = ExportMetricsServiceRequest.FromString(metrics.body)
    found = {m.name for r in measured.resource_metrics for c in r.scope_metrics for m in c.metrics}
    assert "armada.incident.time_to_resolve" in found


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_collector_that_refuses_is_named(status: int) -> None:
    """And nothing is taken for sent."""

    def refuse(seen: Seen) -> Answer:
        return Answer(status)

    with serving(refuse) as server, pytest.raises(CannotSend):
        send(triaged(LiveScript()).view, server.url, timeout_s=1.0)


@given(minutes=st.lists(st.floats(0.1, 90), max_size=6))
def test_spans_lie_within_their_parents_and_end_after_they_begin(minutes: list[float]) -> None:
    """Whatever time passes where, open or not."""
    script = triaged(LiveScript())
    for each in minutes:
        script.wait(each)
    spans = {span.key: span for span in trace(script.view)}
    for span in spans.values():
        assert span.start_ms <= span.end_ms
        if span.parent:
            parent = spans[span.parent]
            assert parent.start_ms <= span.start_ms
            assert span.end_ms <= parent.end_ms
