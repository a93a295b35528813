#!/usr/bin/env python3
"""Sends the raw CSIC 2010 requests through the filter and checks what it kept of them.

    tests/shows/csic.py embedded|mongodb DATA_FOLDER [--limit N]

DATA_FOLDER holds normalTrafficTraining.txt.gz and anomalousTrafficTest.txt.gz. Uses target/release/portcullis and, for
MongoDB, a mongod of its own (tools/mongodb or the PATH), both on free loopback ports, and ends what it started.
Checks: every request answered; as many documents as requests; every session closed and labelled; no secret in the
raw files of the store. Exit code 0 when all hold.
"""

import argparse
import gzip
import json
import re
import subprocess
import sys
import tempfile
import urllib.parse
from pathlib import Path

from harness import BINARY, Filter, wait

FILES = ("normalTrafficTraining.txt.gz", "anomalousTrafficTest.txt.gz")


def secrets(data: Path) -> set[bytes]:
    """Values of passwords, card numbers and session cookies in the recordings, long enough to be told from chance.

    An attack string that a scanner put into other fields as well is no secret, and may be kept from there.
    """
    found, elsewhere = set(), set()
    secret = re.compile(rb"(?:[?&\n](?:pwd|pwdA|ntc|ntcA)=|JSESSIONID=)([^&\s;]{8,})")
    other = re.compile(rb"[?&\n](?!(?:pwd|pwdA|ntc|ntcA)=)[^=&\s]+=([^&\s]{8,})")
    forms = lambda value: (value, urllib.parse.unquote_to_bytes(value.replace(b"+", b" ")))
    for name in FILES:
        content = gzip.open(data / name).read()
        for value in secret.findall(content):
            found.update(form for form in forms(value) if re.search(rb"[0-9]", form) and re.fullmatch(rb"[ -~]{8,}", form))
        for value in other.findall(content):
            elsewhere.update(forms(value))
    return found - elsewhere


def search(folder: Path, wanted: set[bytes]) -> list[tuple[str, bytes]]:
    """Which of these stand in which raw files of the folder."""
    words = re.compile(rb"[!-~]{8,}")
    by_head = {}
    for value in wanted:
        by_head.setdefault(value[:8], set()).add(value)
    hits = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        heads = {content[i:i + 8] for match in words.finditer(content) for i in range(match.start(), match.end() - 7)}
        for head in heads & by_head.keys():
            hits += [(path.name, value) for value in by_head[head] if value in content]
    return hits


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", choices=("embedded", "mongodb"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--sources", type=int, default=50)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="show-csic-"))
    recordings = []
    for name in FILES:
        target = folder / name.removesuffix(".gz")
        target.write_bytes(gzip.open(arguments.data / name).read())
        recordings.append(str(target))
    show = Filter(arguments.store, folder, '[activity]\nbodies = "redacted"\n')
    try:
        command = [str(BINARY), "replay", "--target", f"http://127.0.0.1:{show.proxy}", "--connections", "8",
                   "--sources", str(arguments.sources), "--json", *recordings]
        if arguments.limit:
            command[2:2] = ["--limit", str(arguments.limit)]
        replayed = subprocess.run(command, capture_output=True, text=True)
        print("replay:", replayed.stdout.strip() or replayed.stderr.strip())
        summary = json.loads(replayed.stdout)
        sent = summary["requests"]
        wait("every session to be judged", lambda: not show.api("/api/v1/sessions?limit=1")["open"])
        wait("the queue to be written", lambda: show.api("/api/v1/status")["queue"]["length"] == 0)
        records = list(show.pages("/api/v1/requests", "requests"))
        sessions = list(show.pages("/api/v1/sessions", "judged"))
    finally:
        show.stop()
    verdicts = {}
    for record in records:
        verdicts[record["verdict"]] = verdicts.get(record["verdict"], 0) + 1
    behaviours = {}
    for session in sessions:
        behaviours[session["behavior"]] = behaviours.get(session["behavior"], 0) + 1
    wanted = secrets(arguments.data)
    store = folder / ("mongod" if arguments.store == "mongodb" else "data")
    hits = search(store, wanted)
    checks = {
        "every request answered": summary["answered"] == sent,
        "as many documents as requests": len({record["id"] for record in records}) == len(records) == sent,
        "every session closed and labelled": sum(session["features"]["numOfReqs"] for session in sessions) == sent
        and behaviours.keys() <= {"Normal", "Abnormal"},
        f"none of {len(wanted)} secrets in the raw files": not hits,
    }
    print("documents:", len(records), verdicts)
    print("sessions:", len(sessions), behaviours)
    for check, holds in checks.items():
        print("ok  " if holds else "FAIL", check)
    for hit in hits[:10]:
        print("     ", hit)
    print("kept in", folder)
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
