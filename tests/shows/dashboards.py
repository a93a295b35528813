#!/usr/bin/env python3
"""Runs every query of every dashboard panel against a live Prometheus that scraped the filter under load.

    tests/shows/dashboards.py [--seconds 60]

Starts the demo site, the filter (TLS, audit export, bans for behaviour) and Debian's prometheus with conf/prometheus'
recording rules, all on free loopback ports; sends customers, attacks of four classes, malformed and too large bodies,
bans a client and lets it in again; then asks Prometheus every panel's query and prints one line each. Exit code 0 when
no query is empty and none gives only NaN. PORTCULLIS_BINARY names the binary (default target/release/portcullis).
Needs prometheus and openssl; ends what it started.
"""

import argparse
import http.client
import json
import math
import os
import random
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from harness import ROOT, Filter, connects, free_port, wait

# No two alike: what was seen before is answered from memory, and the text model has nothing to do.
ATTACKS = ["/product?id={}%27%20UNION%20SELECT%20username%2Cpassword%20FROM%20users--%20-",
           "/search?q={}%3Cscript%3Ealert(document.cookie)%3C/script%3E",
           "/static/{}/..%2f..%2f..%2f..%2fetc%2fpasswd",
           "/search?q={}%3B%20cat%20/etc/passwd%20%7C%20nc%20203.0.113.9%204444"]
PAGES = ["/", "/search?q=oak+board", "/product?id=3", "/comments", "/nowhere"]
SECTIONS = """[session]
gap = "1s"
[behaviour]
block_ip = true
[client]
trusted_proxies = ["127.0.0.1"]
[inspection]
body_limit = "100KiB"
[audit]
to = "{audit}"
"""


def certificate(folder: Path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "30", "-subj", "/CN=localhost", "-keyout", str(folder / "key.pem"),
                    "-out", str(folder / "cert.pem")], check=True, capture_output=True)
    os.environ["PORTCULLIS__PROXY__TLS_CERTIFICATE"] = str(folder / "cert.pem")
    os.environ["PORTCULLIS__PROXY__TLS_KEY"] = str(folder / "key.pem")


def prometheus(show: Filter, folder: Path) -> int:
    port = free_port()
    rules = ROOT / "conf/prometheus"
    (folder / "prometheus.yml").write_text(
        f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{rules}/recording.yml, {rules}/alerts.yml]\n"
        f"scrape_configs:\n- job_name: portcullis\n  static_configs:\n  - targets: ['127.0.0.1:{show.admin}']\n")
    show.start([shutil.which("prometheus"), f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}"], "prometheus.log")
    wait("prometheus", lambda: connects(port))
    return port


def send(connection, method, target, client, body=None, kind=None) -> int:
    headers = {"X-Forwarded-For": client, "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0"}
    if kind:
        headers["Content-Type"] = kind
    try:
        connection.request(method, target, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (http.client.HTTPException, OSError):
        return 0
    finally:
        connection.close()


def admin(show: Filter, method: str, path: str, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{show.admin}{path}", method=method,
                                     data=json.dumps(body).encode() if body else None,
                                     headers={"Authorization": "Bearer token-of-the-show-0123456789", "Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=20).close()


def load(show: Filter, seconds: int) -> dict[int, int]:
    random.seed(7)
    trust = ssl._create_unverified_context()
    connect = lambda: http.client.HTTPSConnection("127.0.0.1", show.proxy, timeout=20, context=trust)
    answers, end, banned = {}, time.monotonic() + seconds, 0
    while time.monotonic() < end:
        customer, attacker = f"198.51.100.{random.randrange(40)}", f"203.0.113.{random.randrange(60)}"
        calls = [("GET", random.choice(PAGES), customer, None, None)] * 4 + [
            ("GET", random.choice(ATTACKS).format(random.randrange(10**6)), attacker, None, None),
            ("POST", "/comments", customer, f"author=Ann&text=A+fine+board+number+{random.randrange(10**6)}", "application/x-www-form-urlencoded"),
            ("POST", "/api/orders", customer, '{"product": 3, "note"', "application/json")]
        if random.random() < 0.05:
            calls.append(("POST", "/upload", customer, "x" * 150_000, "text/plain"))
        for call in calls:
            status = send(connect(), *call)
            answers[status] = answers.get(status, 0) + 1
        if time.monotonic() > end - seconds * (0.8 - 0.2 * banned) and banned < 3:
            banned += 1
            admin(show, "POST", "/api/v1/bans", {"address": f"192.0.2.{banned}", "duration": "10m", "reason": "show"})
            send(connect(), "GET", "/", f"192.0.2.{banned}")
            if banned > 1:
                admin(show, "DELETE", f"/api/v1/bans/192.0.2.{banned - 1}")
        time.sleep(0.05)
    return answers


def ask(port: int, query: str) -> list:
    query = query.replace("$instance", ".+").replace("$__rate_interval", "20s")
    url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)["data"]["result"]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    folder = Path(tempfile.mkdtemp(prefix="show-dashboards-"))
    certificate(folder)
    show, bad, asked = Filter("embedded", folder, SECTIONS.format(audit=folder / "audit.log")), 0, 0
    try:
        port = prometheus(show, folder)
        answers = load(show, seconds)
        print(f"{sum(answers.values())} requests in {seconds} s, by status: {dict(sorted(answers.items()))}")
        for file in sorted((ROOT / "conf/grafana/dashboards").glob("*.json")):
            for panel in json.loads(file.read_text())["panels"]:
                for target in panel["targets"]:
                    values = [float(series["value"][1]) for series in ask(port, target["expr"])]
                    numbers = [value for value in values if not math.isnan(value)]
                    asked, bad = asked + 1, bad + (not numbers)
                    told = f"{len(values)} series, largest {max(numbers):.6g}" if numbers else "EMPTY"
                    print(f"{file.stem:<11}{panel['title']:<38}{target['refId']}  {told}")
        alerts = sorted({series["metric"]["alertname"] for series in ask(port, 'ALERTS{alertstate=~"firing|pending"}')})
        print("alerts firing or pending:", ", ".join(alerts) or "none")
    finally:
        show.stop()
    print(f"{asked} queries, {bad} empty; kept in {folder}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
