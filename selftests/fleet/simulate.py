#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""simulate.py PROGRAMS METRICS [HOSTS]: what Prometheus needs for so many hosts (1000) that each
say METRICS.

METRICS is a file with what `sevadm metrics` prints. Each host is scraped every 30 seconds, three
times. Prints the figures that Documentation/alerts.md has.
"""
import http.server
import pathlib
import re
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
import servers  # noqa: E402 pylint: disable=wrong-import-position

EXPORTER = "127.0.0.1:9100"
SCRAPES = 3


def serve(text):
    class Answer(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):		# pylint: disable=invalid-name
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):	# pylint: disable=arguments-differ
            pass

    address, port = EXPORTER.split(":")
    server = http.server.ThreadingHTTPServer((address, int(port)), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def config(hosts):
    return {
        "global": {"scrape_interval": "30s"},
        "scrape_configs": [{
            "job_name": "node",
            "static_configs": [{"targets": [f"host{i}" for i in range(hosts)]}],
            "relabel_configs": [
                {"source_labels": ["__address__"], "target_label": "instance"},
                {"target_label": "__address__", "replacement": EXPORTER}],
        }],
    }


def resident_mib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", text, re.M)[1]) // 1024


def main():
    text, hosts = pathlib.Path(sys.argv[2]).read_bytes(), int((sys.argv + ["1000"])[3])
    with tempfile.TemporaryDirectory() as name, servers.Servers(sys.argv[1], name) as started:
        serve(text)
        process = started.start_prometheus(config(hosts))
        done = servers.eventually(lambda: servers.query(
            f"count(count_over_time(up[10m]) >= {SCRAPES})") == {"": hosts})
        up = servers.query("sum(up)").get("")
        if not done or up != hosts:
            sys.exit(f"only {up} of {hosts} hosts were scraped")
        series = servers.get(servers.PROMETHEUS, "/api/v1/status/tsdb")["data"]["headStats"]["numSeries"]
        print(f"{hosts} hosts\nscrape of one: {len(text)} bytes, {len(re.findall(rb'^[a-z]', text, re.M))} series\n"
              f"series of all: {series}\nmemory of Prometheus: {resident_mib(process.pid)} MiB")


if __name__ == "__main__":
    main()
