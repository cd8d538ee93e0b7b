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


# What node-feature-discovery's CRD takes (deployment/base/nfd-crds/nfd-api-crds.yaml): keys of a
# rule, and how many values an operator has.
RULE_KEYS = {"name": str, "annotations": dict, "labels": dict, "labelsTemplate": str, "vars": dict, "varsTemplate": str,
             "extendedResources": dict, "taints": list, "matchFeatures": list, "matchAny": list}
VALUES = {"In": (1, 99), "NotIn": (1, 99), "InRegexp": (1, 99), "Exists": (0, 0), "DoesNotExist": (0, 0), "Gt": (1, 1),
          "Lt": (1, 1), "GtLt": (2, 2), "IsTrue": (0, 0), "IsFalse": (0, 0)}


def wrong_in_expression(name, expression):
    values = expression.get("value", [])
    least, most = VALUES.get(expression.get("op"), (1, 0))
    good = set(expression) <= {"op", "value"} and least <= len(values) <= most
    return [] if good and all(isinstance(value, str) for value in values) else [f"{name}: {expression}"]


def wrong_in_rule(rule):
    wrong = [key for key, value in rule.items() if not isinstance(value, RULE_KEYS.get(key, ()))]
    wrong += [] if "name" in rule else ["no name"]
    for match in rule.get("matchFeatures", []):
        wrong += [f"key {key}" for key in set(match) - {"feature", "matchExpressions", "matchName"}]
        wrong += [] if isinstance(match.get("feature"), str) else ["no feature"]
        for name, expression in match.get("matchExpressions", {}).items():
            wrong += wrong_in_expression(name, expression)
    # "@DOMAIN.FEATURE.ELEMENT" stands for the value of the element.
    wrong += [value for value in rule.get("extendedResources", {}).values()
              if not re.fullmatch(r"@\w+\.\w+\.[\w.]+|\d+", value)]
    return wrong


def rule_is_one_that_nfd_takes():
    document = yaml.safe_load((METRICS / "kubernetes/sevadm.nodefeaturerule.yaml").read_text())
    kind = (document.get("apiVersion"), document.get("kind"), set(document) - {"metadata"}, set(document["spec"]))
    wrong = [] if kind == ("nfd.k8s-sigs.io/v1alpha1", "NodeFeatureRule", {"apiVersion", "kind", "spec"}, {"rules"}) else [kind]
    for rule in document["spec"]["rules"]:
        wrong += wrong_in_rule(rule)
    # Each of these is refused.
    broken = [{"matchFeatures": []}, {"name": "x", "other": "y"}, {"name": "x", "matchFeatures": [{"matchExpressions": {}}]},
              {"name": "x", "matchFeatures": [{"feature": "a.b", "matchExpressions": {"c": {"op": "Exist"}}}]},
              {"name": "x", "matchFeatures": [{"feature": "a.b", "matchExpressions": {"c": {"op": "In"}}}]},
              {"name": "x", "extendedResources": {"a": "@b"}}]
    return wrong + [f"taken: {rule}" for rule in broken if not wrong_in_rule(rule)]


def main():
    cases = [dashboard_asks_for_what_is_there, panels_have_places_of_their_own,
             rule_uses_features_that_are_printed, rule_is_one_that_nfd_takes]
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
