#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The dashboard and the rule for Kubernetes ask for what sevadm prints, and for nothing else.
KTAP."""
import json
import pathlib
import re
import sys

import yaml

METRICS = pathlib.Path(__file__).resolve().parents[1] / "metrics"
POOLS = ("sev", "sev_es", "sev_snp")


def printed_metrics():
    """Return the names that the sources print, and those that the rules record."""
    text = "".join(path.read_text() for path in METRICS.glob("*.c"))
    names = set(re.findall(r'"(sevadm_[a-z_]+)"', text))
    for name in re.findall(r'"(sevadm_[a-z_]+_seconds)"', text):
        names |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"}
    rules = yaml.safe_load((METRICS / "prometheus/sevadm.rules.yml").read_text())
    return names | {rule["record"] for group in rules["groups"] for rule in group["rules"] if "record" in rule}


def dashboard():
    return json.loads((METRICS / "grafana/sevadm.json").read_text())


def dashboard_asks_for_what_is_there():
    known = printed_metrics()
    board = dashboard()
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked += [item["query"] for item in board["templating"]["list"] if item["type"] == "query"]
    names = set(re.findall(r"sevadm[_:][a-z0-9_:]+", " ".join(asked)))
    return len(asked) > 10 and len(names) > 10 and sorted(names - known)


def panels_have_places_of_their_own():
    seen, ids = set(), set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        if cells & seen or place["x"] + place["w"] > 24 or panel["id"] in ids:
            return panel["title"]
        seen |= cells
        ids.add(panel["id"])
    return []


def rule_uses_features_that_are_printed():
    printed = {f"sevadm.asids.{pool}.usable" for pool in POOLS} | {"sevadm.module"}
    assert "sevadm.asids.%s.usable=" in (METRICS / "metrics.c").read_text()
    rule = yaml.safe_load((METRICS / "kubernetes/sevadm.nodefeaturerule.yaml").read_text())
    unknown, used = [], set()
    for part in rule["spec"]["rules"]:
        values = [value.removeprefix("@local.feature.") for value in part["extendedResources"].values()]
        keys = [key for match in part["matchFeatures"] for key in match["matchExpressions"]]
        unknown += [name for name in values + keys if name not in printed]
        # A rule whose feature is not there would make a resource of nothing.
        unknown += [name for name in values if name not in keys]
        used |= set(values)
    return unknown + sorted({f"sevadm.asids.{pool}.usable" for pool in POOLS} - used)


def main():
    cases = [dashboard_asks_for_what_is_there, panels_have_places_of_their_own,
             rule_uses_features_that_are_printed]
    failed = 0
    print(f"KTAP version 1\n1..{len(cases)}")
    for number, case in enumerate(cases, 1):
        wrong = case()
        if wrong != []:
            print(f"# {wrong}")
        print(f"{'not ' if wrong != [] else ''}ok {number} {case.__name__.replace('_', ' ')}")
        failed += wrong != []
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
