#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""alerts.py PROGRAMS HOSTS: what the metrics of three hosts (record) make Prometheus and
Alertmanager say. KTAP.

Each host has a node_exporter with its textfile; alerts fire once something is wrong, and are
resolved after it. The rules are those that are installed, but a minute is a second.
"""
import os
import pathlib
import re
import sys
import tempfile

sys.dont_write_bytecode = True
import servers  # noqa: E402 pylint: disable=wrong-import-position

RULES = pathlib.Path(__file__).resolve().parents[2] / "tools/metrics/prometheus/sevadm.rules.yml"
HOSTS = ("pool", "psp", "limit")
EXPECTED = {("SevadmPoolEmpty", "pool"), ("SevadmFirmwareTimeout", "psp"), ("SevadmLimitRefused", "limit"),
            ("SevadmLimitNear", "limit")}
FOUR_SNP_GUESTS_FIT = 'sevadm_asids_free{pool="sev_es"} + sevadm_asids_reclaim >= 4 and on (instance) sevadm_private_bytes'


def config():
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [servers.ALERTMANAGER]}]}]},
        "scrape_configs": [{"job_name": "node", "static_configs": [
            {"targets": [f"127.0.0.1:{9101 + i}"], "labels": {"instance": host}} for i, host in enumerate(HOSTS)]}],
    }


class Fleet:
    def __init__(self, folder, recorded):
        self.folder, self.recorded = folder, recorded
        for host in HOSTS:
            (folder / host).mkdir()

    def become(self, state):
        """Have each host say what it said in that state, as a textfile is written: at once."""
        for host in HOSTS:
            new = self.folder / host / "new"
            new.write_text((self.recorded / f"{host}.{state}").read_text())
            os.replace(new, self.folder / host / "sevadm.prom")


def report(number, name, good):
    print(f"{'ok' if good else 'not ok'} {number} {name}", flush=True)
    if not good:
        try:
            print(f"# active: {sorted(servers.active_alerts())}")
        except OSError as error:
            print(f"# Alertmanager: {error}")
    return good


def main():
    programs, recorded = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as name, servers.Servers(programs, name) as started:
        folder = pathlib.Path(name)
        fleet = Fleet(folder, recorded)
        (folder / "rules.yml").write_text(re.sub(r"\b(\d+)m\b", r"\1s", RULES.read_text()))
        fleet.become("before")
        for i, host in enumerate(HOSTS):
            started.start_node_exporter(f"127.0.0.1:{9101 + i}", folder / host)
        started.start_alertmanager()
        started.start_prometheus(config())
        print("KTAP version 1\n1..5", flush=True)
        good = report(1, "Prometheus has the metrics of three hosts", servers.eventually(
            lambda: set(servers.query("sevadm_module_info")) == set(HOSTS)))
        # Long enough for each rule to have fired.
        evaluated = 'min(count_over_time(sevadm:asids_used:ratio[5m])) >= 20'
        good &= report(2, "nothing is wrong with them", servers.eventually(
            lambda: servers.query(evaluated)) and not servers.active_alerts())
        good &= report(3, "where do four more SNP guests fit?", set(servers.query(FOUR_SNP_GUESTS_FIT)) == {"limit"})
        fleet.become("wrong")
        # Those of what has happened, not of what is, end by themselves.
        seen = set()
        good &= report(4, "a pool runs out, a PSP dies, a limit is met: alerts fire", servers.eventually(
            lambda: seen.update(servers.active_alerts()) or EXPECTED <= seen))
        fleet.become("after")
        good &= report(5, "they are resolved", servers.eventually(lambda: not servers.active_alerts()))
    sys.exit(not good)


if __name__ == "__main__":
    main()
