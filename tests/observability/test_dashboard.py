"""The dashboard and the alerts: expressions that Prometheus takes, of metrics that a gateway serves, and all those."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from scripts import grafana_dashboard

from tests.observability.mix import mixed

DEPLOY = Path(__file__).resolve().parent.parent.parent / "deploy"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"
GUIDE = DEPLOY.parent / "docs" / "how-to" / "observe.md"
NAME = re.compile(r"\b(?:speko|process)_[a-z0-9_]+\b")
NOT_SHOWN = {
    "process_max_fds",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
}
"""Served by the library, and on nobody's dashboard."""

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is missing")


def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(grafana_dashboard.FILE.read_text(encoding="utf-8"))
    return loaded


def expressions() -> list[str]:
    return [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", [])]


def family(sample: str) -> str:
    """The metric that a sample belongs to."""
    return re.sub(r"_(bucket|sum|count)\Z", "", sample)


def test_the_file_is_in_step_with_its_table() -> None:
    assert dashboard() == grafana_dashboard.dashboard()


def test_it_can_be_imported_anywhere() -> None:
    board = dashboard()
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert all(panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"} for panel in panels)
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    places = [tuple(panel["gridPos"][axis] for axis in "xy") for panel in board["panels"]]
    assert len(set(places)) == len(places)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
    assert all(panel["targets"] for panel in panels)


@needs_promtool
def test_prometheus_takes_every_expression(tmp_path: Path) -> None:
    def spelled(expression: str) -> str:
        return expression.replace("$__rate_interval", "5m").replace("$instance", ".*")

    rules = [{"record": f"x:{at}", "expr": spelled(expression)} for at, expression in enumerate(expressions())]
    file = tmp_path / "rules.json"  # JSON is YAML
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert "$" not in file.read_text()
    checked = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert f"{len(rules)} rules found" in checked.stdout


@needs_promtool
def test_alerts_ring_when_they_should() -> None:
    for command in (["check", "rules", ALERTS.name], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run(
            ["promtool", *command],
            cwd=ALERTS.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested_and_explained() -> None:
    alerts = re.findall(r"- alert: (\w+)", ALERTS.read_text(encoding="utf-8"))
    assert len(alerts) > 5
    tests = (ALERTS.parent / "alerts_test.yml").read_text(encoding="utf-8")
    guide = GUIDE.read_text(encoding="utf-8")
    for alert in alerts:
        assert f'alertname="{alert}"' in tests
        assert f"`{alert}`" in guide


async def test_every_metric_is_served_and_every_one_that_is_served_is_shown(tmp_path: Path) -> None:
    async with mixed(tmp_path) as show:
        store = show.gateway.gateway.store
        await store.limits.set((await store.default_organization()).id, {"requests_per_minute": 1})
        codes = [(await show.gateway.client.get("/v1/organization")).status_code for _ in range(2)]
        assert codes == [200, 429]
        told = (await show.gateway.client.get("/metrics")).text
    served = {family(line.partition("{")[0].partition(" ")[0]) for line in told.splitlines() if line[0] != "#"}
    shown = {family(name) for expression in expressions() for name in NAME.findall(expression)}
    alerted = {family(name) for name in NAME.findall(ALERTS.read_text(encoding="utf-8"))}
    assert shown <= served, shown - served
    assert alerted <= served, alerted - served
    assert served - shown == NOT_SHOWN
