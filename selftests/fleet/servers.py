# SPDX-License-Identifier: GPL-2.0-only
"""Prometheus and what belongs to it, in a network namespace of their own (check), for as long as a
test runs."""
import json
import pathlib
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request

WAIT = 300		# seconds: a loaded machine is slow, never this slow
PROMETHEUS, ALERTMANAGER = "127.0.0.1:9090", "127.0.0.1:9093"


class Servers:
    def __init__(self, programs, folder):
        self.programs, self.folder = pathlib.Path(programs), pathlib.Path(folder)
        self.started = []
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))	# nothing is left running
        return self

    def __exit__(self, *_):
        for process in self.started:
            process.terminate()
        for process in self.started:
            process.wait()

    def start(self, name, *words):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.started.append(subprocess.Popen([self.programs / name, *words], stdout=log,
                                                 stderr=log, cwd=self.folder))
        return self.started[-1]

    def start_prometheus(self, config):
        (self.folder / "prometheus.json").write_text(json.dumps(config))	# JSON is YAML
        return self.start("prometheus", "--config.file=prometheus.json", f"--storage.tsdb.path={self.folder}/data",
                          f"--web.listen-address={PROMETHEUS}", "--log.level=warn")

    def start_alertmanager(self):
        config = {"route": {"receiver": "nobody", "group_wait": "0s", "group_interval": "1s"}, "receivers": [{"name": "nobody"}]}
        (self.folder / "alertmanager.json").write_text(json.dumps(config))
        return self.start("prometheus-alertmanager", "--config.file=alertmanager.json", "--cluster.listen-address=",
                          f"--storage.path={self.folder}/alerts", f"--web.listen-address={ALERTMANAGER}")

    def start_node_exporter(self, address, textfiles):
        return self.start("prometheus-node-exporter", f"--web.listen-address={address}", "--collector.disable-defaults",
                          "--collector.textfile", f"--collector.textfile.directory={textfiles}")


def get(address, path, **query):
    with urllib.request.urlopen(f"http://{address}{path}?{urllib.parse.urlencode(query)}", timeout=30) as answer:
        return json.load(answer)


def query(text):
    """Return what Prometheus answers: a dictionary of values by instance."""
    found = get(PROMETHEUS, "/api/v1/query", query=text)["data"]["result"]
    return {row["metric"].get("instance", ""): float(row["value"][1]) for row in found}


def active_alerts():
    """Return the alerts that Alertmanager would send: (name, instance)."""
    return {(row["labels"]["alertname"], row["labels"].get("instance", ""))
            for row in get(ALERTMANAGER, "/api/v2/alerts", active="true")}


def eventually(condition):
    """Return true once the condition is so, and false if it does not become so."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        try:
            if condition():
                return True
        except OSError:
            pass		# it has not started yet
        time.sleep(0.5)
    return False
