"""Writes deploy/grafana/speko.json from the table of panels below. `--check` only says whether it is in step.

A dashboard is exported from Grafana as a thousand lines in which a wrong expression hides well; here each panel is one
line, and a test asks promtool about each expression and a gateway about each metric.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent.parent / "deploy" / "grafana" / "speko.json"
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_WIDTH, _HEIGHT = 8, 8
"""Of a panel; Grafana's grid has 24 columns."""
WHERE = 'instance=~"$instance"'
RATE = "[$__rate_interval]"


@dataclass(frozen=True)
class Panel:
    """One plot. `lines`: (expression, legend)."""

    title: str
    unit: str
    lines: tuple[tuple[str, str], ...]
    help: str = ""
    kind: str = "timeseries"


def rate(metric: str, by: str = "", **labels: str) -> str:
    """Per second, summed over instances."""
    wanted = ",".join([WHERE, *(f"{name}{value}" for name, value in labels.items())])
    return f"sum{f' by ({by})' if by else ''} (rate({metric}{{{wanted}}}{RATE}))"


def quantile(q: float, metric: str, by: str = "") -> str:
    """Of a histogram."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum by ({labels}) (rate({metric}_bucket{{{WHERE}}}{RATE})))"


def gauge(metric: str, by: str = "", how: str = "sum") -> str:
    """Of all instances together."""
    return f"{how}{f' by ({by})' if by else ''} ({metric}{{{WHERE}}})"


_REQUESTS, _ERRORS = rate("speko_requests_total"), rate("speko_requests_total", status='=~"5.."')
_SHARE_5XX = f"({_ERRORS} or vector(0)) / {_REQUESTS}"
_TURNS, _CUT_IN = rate("speko_turns_total"), rate("speko_turns_total", interrupted='="yes"')
_SHARE_CUT_IN = f"{_CUT_IN} / {_TURNS}"
_WHO = "provider, model"
_NAME = "{{provider}}/{{model}}"

ROWS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    (
        "Traffic",
        (
            Panel("Requests by route", "reqps", ((rate("speko_requests_total", "route"), "{{route}}"),)),
            Panel("Answers by status", "reqps", ((rate("speko_requests_total", "status"), "{{status}}"),)),
            Panel("Share of 5xx", "percentunit", ((_SHARE_5XX, "5xx"),)),
            Panel(
                "Time to our first byte",
                "s",
                tuple((quantile(q, "speko_request_first_byte_seconds"), f"p{q * 100:g}") for q in (0.5, 0.95, 0.99)),
                "From the headers of a request to those of its answer.",
            ),
            Panel(
                "Time to our first byte by route, p95",
                "s",
                ((quantile(0.95, "speko_request_first_byte_seconds", "route"), "{{route}}"),),
            ),
            Panel(
                "Whole request by route, p95", "s", ((quantile(0.95, "speko_request_seconds", "route"), "{{route}}"),)
            ),
        ),
    ),
    (
        "Providers",
        (
            Panel("Attempts by outcome", "ops", ((rate("speko_attempts_total", "outcome"), "{{outcome}}"),)),
            Panel(
                "Failed attempts",
                "ops",
                ((rate("speko_attempts_total", "provider, cause", outcome='="failed"'), "{{provider}}: {{cause}}"),),
            ),
            Panel(
                "Failovers and hedges",
                "ops",
                (
                    (rate("speko_failovers_total", "provider"), "failover to {{provider}}"),
                    (rate("speko_attempts_total", "provider", cause='="hedged"'), "overtaken: {{provider}}"),
                ),
            ),
            Panel("First useful output, p95", "s", ((quantile(0.95, "speko_first_byte_seconds", _WHO), _NAME),)),
            Panel(
                "Breakers",
                "short",
                ((gauge("speko_breaker_state", _WHO, "max"), _NAME),),
                "0 closed, 1 half open, 2 open.",
            ),
            Panel(
                "Keys that rest",
                "short",
                ((gauge("speko_credential_breakers_open", "provider"), "{{provider}}"),),
                "Vendor keys that are rate limited or refused.",
            ),
            Panel("Served", "ops", ((rate("speko_served_total", "provider, type"), "{{provider}} {{type}}"),)),
        ),
    ),
    (
        "Conversations",
        (
            Panel("Live sessions", "short", ((gauge("speko_sessions_live"), "live"),)),
            Panel(
                "Sessions begun and ended",
                "ops",
                (
                    (rate("speko_sessions_started_total"), "begun"),
                    (rate("speko_sessions_ended_total", "status, reason"), "{{status}}: {{reason}}"),
                ),
            ),
            Panel(
                "End of speech to first audio",
                "s",
                tuple((quantile(q, "speko_turn_latency_seconds"), f"p{q * 100:g}") for q in (0.5, 0.95, 0.99)),
            ),
            Panel(
                "End of speech to first audio by engine, p95",
                "s",
                ((quantile(0.95, "speko_turn_latency_seconds", _WHO), _NAME),),
            ),
            Panel("Share of turns that were interrupted", "percentunit", ((_SHARE_CUT_IN, "interrupted"),)),
            Panel("Engines that took over", "ops", ((rate("speko_engine_switches_total", _WHO), _NAME),)),
        ),
    ),
    (
        "Money and limits",
        (
            Panel(
                "What vendors bill, per hour",
                "currencyUSD",
                (
                    (
                        f"{rate('speko_cost_micro_usd_total', 'provider, key_source')} * 3600 / 1e6",
                        "{{provider}} {{key_source}}",
                    ),
                ),
                "Estimated from the price list; BYOK is on the organisations' own keys.",
            ),
            Panel(
                "What organisations pay, per hour",
                "currencyUSD",
                ((f"{rate('speko_charged_micro_usd_total', 'provider')} * 3600 / 1e6", "{{provider}}"),),
            ),
            Panel("Usage", "short", ((rate("speko_usage_total", "metric"), "{{metric}}"),)),
            Panel("Refused by a limit", "ops", ((rate("speko_limits_refused_total", "kind"), "{{kind}}"),)),
        ),
    ),
    (
        "Storage",
        (
            Panel("Rows that wait", "short", ((gauge("speko_rows_waiting", "of"), "{{of}}"),)),
            Panel(
                "Rows written and lost",
                "ops",
                (
                    (rate("speko_rows_written_total", "of"), "{{of}} written"),
                    (rate("speko_rows_dropped_total", "of"), "{{of}} lost"),
                ),
            ),
            Panel(
                "Database",
                "short",
                ((gauge("speko_database_problem", "instance", "max"), "{{instance}}"),),
                "1 while it does not answer or is too slow.",
            ),
            Panel(
                "Age of keys and organisations in memory",
                "s",
                ((gauge("speko_directory_age_seconds", "instance", "max"), "{{instance}}"),),
            ),
        ),
    ),
    (
        "Process",
        (
            Panel("Calls in flight", "short", ((gauge("speko_calls_in_flight", "instance"), "{{instance}}"),)),
            Panel("Lateness of the event loop, p99", "s", ((quantile(0.99, "speko_event_loop_lag_seconds"), "p99"),)),
            Panel("Processor", "percentunit", ((rate("process_cpu_seconds_total", "instance"), "{{instance}}"),)),
            Panel("Memory", "bytes", ((gauge("process_resident_memory_bytes", "instance"), "{{instance}}"),)),
            Panel("Open files and sockets", "short", ((gauge("process_open_fds", "instance"), "{{instance}}"),)),
            Panel("Tasks", "short", ((gauge("speko_tasks", "instance"), "{{instance}}"),)),
            Panel("Versions", "short", ((gauge("speko_build_info", "version"), "{{version}}"),)),
        ),
    ),
)


def dashboard() -> dict[str, Any]:
    """The file's content, as Grafana imports it."""
    return {
        "title": "speko",
        "uid": "speko-gateway",
        "description": "Traffic, providers, conversations, money and health of speko gateways.",
        "tags": ["speko"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "",
        "templating": {"list": [_datasource_variable(), _instance_variable()]},
        "panels": list(_panels()),
    }


def _panels() -> Any:
    ids = count(1)
    y = 0
    for title, panels in ROWS:
        yield {
            "id": next(ids),
            "type": "row",
            "title": title,
            "collapsed": False,
            "gridPos": {"h": 1, "w": 24, "x": 0, "y": y},
            "panels": [],
        }
        y += 1
        for at, panel in enumerate(panels):
            x, line = at % 3 * _WIDTH, at // 3 * _HEIGHT
            yield _panel(panel, next(ids), {"h": _HEIGHT, "w": _WIDTH, "x": x, "y": y + line})
        y += (len(panels) + 2) // 3 * _HEIGHT


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.help,
        "gridPos": place,
        "datasource": _DATASOURCE,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0, "custom": {"lineWidth": 1, "fillOpacity": 8}},
            "overrides": [],
        },
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [
            {"refId": chr(ord("A") + at), "expr": expression, "legendFormat": legend, "datasource": _DATASOURCE}
            for at, (expression, legend) in enumerate(panel.lines)
        ],
    }


def _datasource_variable() -> dict[str, Any]:
    return {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "hide": 0}


def _instance_variable() -> dict[str, Any]:
    query = "label_values(speko_build_info, instance)"
    return {
        "name": "instance",
        "label": "Gateway",
        "type": "query",
        "datasource": _DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": "instances"},
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
        "sort": 1,
    }


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when the file is not in step")
    content = json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n"
    if not parser.parse_args().check:
        FILE.write_text(content, encoding="utf-8")
        return 0
    if FILE.read_text(encoding="utf-8") == content:
        return 0
    sys.stderr.write("deploy/grafana/speko.json is not in step; run: python scripts/grafana_dashboard.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
