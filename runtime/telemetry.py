"""OpenTelemetry: the trace and the measures of a run, made by the SDK (the extra ``otel``).

Owns identities and units. Identities are derived from the run, so a run that is exported twice is
one trace. Metrics follow the SDK's own aggregation; times are seconds, as its conventions say
(https://opentelemetry.io/docs/specs/semconv/general/metrics/).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, NamedTuple, cast

from ..dsl.version import __version__
from .kernel import commands as co
from .kernel.index import index_of
from .trace import Span, trace
from .view import RunView

MISSING = "OpenTelemetry needs more packages: pip install 'armada[otel]'"
PATHS = {"traces": "/v1/traces", "metrics": "/v1/metrics"}
BUCKETS_S = (30, 60, 300, 900, 1800, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 72 * 3600)
"""Bounds of the histograms of an incident's phases: from half a minute to three days."""


class CannotSend(Exception):
    """The collector did not take it, and why."""


class Measure(NamedTuple):
    """One measured value: ``kind`` is histogram (seconds) or counter."""

    name: str
    kind: str
    value: float
    attributes: Mapping[str, str | int]


def installed() -> bool:
    """Whether the SDK is there."""
    from importlib.util import find_spec

    try:
        return find_spec("opentelemetry.sdk") is not None
    except ModuleNotFoundError:
        return False


# --- traces ---------------------------------------------------------------------------------------


def trace_id(view: RunView) -> int:
    """The identity of a run's trace: the same whenever and wherever it is exported."""
    parts = (view.run, str(view.header.get("plan_digest", "")), str(view.zero_ms))
    return _number("\n".join(parts), 16)


def span_id(trace: int, key: str) -> int:
    """The identity of a span within its trace."""
    return _number(f"{trace:032x}\n{key}", 8)


def _number(text: str, size: int) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:size], "big") or 1


def export_spans(view: RunView, exporter: Any) -> None:
    """Give all spans of a run to a span exporter at once; raises ``CannotSend`` if it refuses."""
    sdk = import_module("opentelemetry.sdk.trace")
    out = import_module("opentelemetry.sdk.trace.export")
    memory = import_module("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    kept = memory.InMemorySpanExporter()
    ids = _Ids(trace_id(view))
    limits = sdk.SpanLimits(max_events=sdk.SpanLimits.UNSET, max_links=sdk.SpanLimits.UNSET)
    provider = sdk.TracerProvider(
        resource=_resource(view), id_generator=ids, span_limits=limits, shutdown_on_exit=False
    )
    provider.add_span_processor(out.SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("armada", __version__)
    contexts: dict[str, Any] = {}
    for span in trace(view):
        _start(tracer, ids, contexts, view, span)
    result = exporter.export(kept.get_finished_spans())
    provider.shutdown()
    if result != out.SpanExportResult.SUCCESS:
        raise CannotSend("the spans were not taken")


class _Ids:
    """The SDK's generator of identities, told which comes next."""

    def __init__(self, trace: int) -> None:
        self.trace = trace
        self.span = 1

    def generate_trace_id(self) -> int:
        return self.trace

    def generate_span_id(self) -> int:
        return self.span

    def is_trace_id_random(self) -> bool:
        return False


def _start(tracer: Any, ids: _Ids, contexts: dict[str, Any], view: RunView, span: Span) -> None:
    """Give the SDK one span, with its own identity, parent and times."""
    api: Any = import_module("opentelemetry.trace")
    ids.span = span_id(ids.trace, span.key)
    parent = contexts.get(span.parent)
    context = api.set_span_in_context(api.NonRecordingSpan(parent), None) if parent else None
    links = [api.Link(contexts[key]) for key in span.needs if key in contexts]
    kind = api.SpanKind.CLIENT if span.key.startswith("attempt ") else api.SpanKind.INTERNAL
    made = tracer.start_span(
        span.name,
        context=context,
        kind=kind,
        links=links,
        attributes={**span.attributes, "armada.outcome": span.outcome},
        start_time=_ns(view, span.start_ms),
    )
    contexts[span.key] = made.get_span_context()
    for moment in span.moments:
        made.add_event(moment.name, dict(moment.attributes), _ns(view, moment.at_ms))
    if span.bad:
        made.set_status(api.Status(api.StatusCode.ERROR, span.outcome))
    elif span.outcome in ("ok", "done", "resolved"):
        made.set_status(api.Status(api.StatusCode.OK))
    made.end(_ns(view, span.end_ms))


def _ns(view: RunView, at_ms: int) -> int:
    return (view.zero_ms + at_ms) * 1_000_000


def _resource(view: RunView) -> Any:
    """Who says so; the instance is the run, so that two exports of it are equal."""
    resources = import_module("opentelemetry.sdk.resources")
    return resources.Resource.create(
        {
            "service.name": "armada",
            "service.version": __version__,
            "service.instance.id": f"{trace_id(view):032x}",
        }
    )


# --- metrics --------------------------------------------------------------------------------------


def measures(view: RunView) -> tuple[Measure, ...]:
    """What is measured of a run: its phases, stages and actions, and whom it woke."""
    common = {"armada.workflow": view.plan.name, "armada.severity": view.state.control.level}
    return (
        *_phases(view, common),
        *_stretches(trace(view), common),
        *_pages(view, common),
        Measure("armada.incidents", "counter", 1, {**common, "armada.status": view.status}),
    )


def _phases(view: RunView, common: Mapping[str, str | int]) -> Iterable[Measure]:
    registers = view.state.registers
    for word in ("acknowledged", "mitigated", "resolved", "closed"):
        at_ms: int = getattr(registers, f"{word}_ms")
        if at_ms >= 0 <= registers.declared_ms:
            took_s = (at_ms - registers.declared_ms) / 1000
            yield Measure(f"armada.incident.time_to_{_TO[word]}", "histogram", took_s, common)
    within_ms = index_of(view.plan).deadlines.get(view.state.control.level)
    if within_ms is not None and registers.declared_ms >= 0:
        due_ms = registers.declared_ms + within_ms
        answered_ms = registers.acknowledged_ms
        late = answered_ms > due_ms if answered_ms >= 0 else view.at_ms >= due_ms
        yield Measure("armada.incident.response_breaches", "counter", int(late), common)


_TO = {
    "acknowledged": "acknowledge",
    "mitigated": "mitigate",
    "resolved": "resolve",
    "closed": "close",
}


def _stretches(spans: Iterable[Span], common: Mapping[str, str | int]) -> Iterable[Measure]:
    for span in spans:
        what = span.key.partition(" ")[0]
        if what == "incident" or not span.outcome:
            continue
        names = ("armada.stage", "armada.action", "armada.agent", "armada.kind", "armada.effect")
        about = {name: str(span.attributes[name]) for name in names if name in span.attributes}
        took_s = (span.end_ms - span.start_ms) / 1000
        attributes = {**common, **about, "armada.outcome": span.outcome}
        yield Measure(f"armada.{what}.duration", "histogram", took_s, attributes)


def _pages(view: RunView, common: Mapping[str, str | int]) -> Iterable[Measure]:
    for batch in view.batches:
        for command in batch.step.commands:
            if isinstance(command, co.Page):
                about = {**common, "armada.rung": command.rung + 1, "armada.mode": command.mode}
                yield Measure("armada.pages", "counter", len(command.targets), about)
                if command.late_ms:
                    yield Measure(
                        "armada.page.lateness", "histogram", command.late_ms / 1000, about
                    )


def export_metrics(view: RunView, reader: Any) -> None:
    """Record a run's measures for a metric reader, and have it read them."""
    sdk = import_module("opentelemetry.sdk.metrics")
    provider = sdk.MeterProvider(
        metric_readers=[reader], resource=_resource(view), shutdown_on_exit=False
    )
    meter = provider.get_meter("armada", __version__)
    made: dict[str, Any] = {}
    for measure in measures(view):
        if measure.name not in made:
            made[measure.name] = _instrument(meter, measure)
        instrument = made[measure.name]
        take = instrument.add if measure.kind == "counter" else instrument.record
        take(measure.value, dict(measure.attributes))
    provider.force_flush()


def _instrument(meter: Any, measure: Measure) -> Any:
    if measure.kind == "counter":
        return meter.create_counter(measure.name)
    return meter.create_histogram(
        measure.name, unit="s", explicit_bucket_boundaries_advisory=BUCKETS_S
    )


# --- the ways out ---------------------------------------------------------------------------------


def as_otlp(view: RunView) -> dict[str, Any]:
    """The run as OTLP in JSON, as the collector's ``otlpjsonfile`` receiver reads it.

    https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: identities are hexadecimal.
    """
    memory = import_module("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    metrics = import_module("opentelemetry.sdk.metrics.export")
    spans = import_module("opentelemetry.exporter.otlp.proto.common.trace_encoder")
    values = import_module("opentelemetry.exporter.otlp.proto.common.metrics_encoder")
    kept, reader = memory.InMemorySpanExporter(), metrics.InMemoryMetricReader()
    export_spans(view, kept)
    export_metrics(view, reader)
    measured = reader.get_metrics_data()
    return {
        **_json(spans.encode_spans(kept.get_finished_spans())),
        **(_json(values.encode_metrics(measured)) if measured is not None else {}),
    }


def _json(message: Any) -> Any:
    convert = import_module("google.protobuf.json_format").MessageToDict
    return _hexadecimal(convert(message, use_integers_for_enums=True))


_IDS = frozenset({"traceId", "spanId", "parentSpanId"})


def _hexadecimal(data: Any) -> Any:
    if isinstance(data, dict):
        known = cast(dict[str, Any], data)
        return {n: _hex(v) if n in _IDS else _hexadecimal(v) for n, v in known.items()}
    if isinstance(data, list):
        return [_hexadecimal(each) for each in cast(list[Any], data)]
    return data


def _hex(value: str) -> str:
    return base64.b64decode(value).hex()


def send(view: RunView, endpoint: str, timeout_s: float = 10.0) -> None:
    """Send a run to an OTLP collector over HTTP; raises ``CannotSend``.

    ``endpoint`` is the base address (``http://127.0.0.1:4318``); headers come from the standard
    variable ``OTEL_EXPORTER_OTLP_HEADERS``.
    """
    base = endpoint.rstrip("/")
    spans = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    values = import_module("opentelemetry.exporter.otlp.proto.http.metric_exporter")
    metrics = import_module("opentelemetry.sdk.metrics.export")
    try:
        sender = spans.OTLPSpanExporter(f"{base}{PATHS['traces']}", timeout=timeout_s)
        export_spans(view, sender)
        sender.shutdown()
        reader = metrics.InMemoryMetricReader()
        export_metrics(view, reader)
        other = values.OTLPMetricExporter(f"{base}{PATHS['metrics']}", timeout=timeout_s)
        done = other.export(reader.get_metrics_data())
        other.shutdown()
    except (OSError, ValueError) as error:
        raise CannotSend(str(error)) from None
    if done != metrics.MetricExportResult.SUCCESS:
        raise CannotSend("the metrics were not taken")
