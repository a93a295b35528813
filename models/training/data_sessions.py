"""Visits as numbers: the session CSVs of the predecessor, and visits cut out of access logs."""

import csv
import gzip
import re
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

FEATURES = ("numOfLoginAttempts", "numOfPostReqs", "numOfReqs", "sesCodes4xx", "sesDuration")
"""The order of `FEATURE_NAMES` in src/behaviour/features.rs."""
FILES = {"normal": "normal_numeric_data.csv", "zap": "zap.csv", "hydra": "hydra-dict_attack.csv", "hulk": "hulk-dos.csv", "loic": "loic-dos.csv"}
GAP_S, CAP = 15, 180
LINE = re.compile(r'^"?(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+)[^"]*" (\d{3}) ')


class Visit(NamedTuple):
    """One visit: features in order, what made it, and by whom."""

    values: tuple[int, ...]
    tool: str
    client: str


def sessions(root: Path) -> list[Visit]:
    """The session CSVs. `reqBodiesData` stands in the attack files only and is dropped: it would give the label away."""
    visits = []
    for tool, name in FILES.items():
        with (root / "sessions" / name).open(encoding="utf-8", newline="") as file:
            visits += [Visit(tuple(int(row[f]) for f in FEATURES), tool, row["clientIP"]) for row in csv.DictReader(file)]
    return visits


def access_logs(root: Path) -> list[tuple[Visit, str]]:
    """Visits cut out of the access logs as the filter cuts them, each with its client's weak label."""
    folder = root / "access-logs"
    with (folder / "labels_weak.csv").open(encoding="utf-8", newline="") as file:
        labels = {(row["file"], row["ip"]): row["label"] for row in csv.DictReader(file)}
    found = []
    for log in sorted(folder.glob("*.log.gz")):
        requests = defaultdict(list)
        with gzip.open(log, "rt", encoding="utf-8", errors="replace") as lines:
            for match in filter(None, map(LINE.match, lines)):
                at = datetime.strptime(match[2], "%d/%b/%Y:%H:%M:%S %z").timestamp()
                requests[match[1]].append((at, match[3], match[4], int(match[5])))
        for client, asked in requests.items():
            for visit in cut(sorted(asked)):
                found.append((Visit(visit, log.name, client), labels.get((log.name, client), "unknown")))
    return found


def cut(asked: list[tuple]) -> list[tuple[int, ...]]:
    """Features of the visits in one client's requests."""
    visits, current = [], []
    for request in asked:
        if current and (request[0] - current[-1][0] > GAP_S or len(current) >= CAP):
            visits.append(current)
            current = []
        current.append(request)
    visits.append(current)
    return [features(visit) for visit in visits if visit]


def features(visit: list[tuple]) -> tuple[int, ...]:
    """The five numbers of one visit."""
    posts = sum(method == "POST" for _, method, _, _ in visit)
    logins = sum(method == "POST" and "login" in target.split("?")[0] for _, method, target, _ in visit)
    return logins, posts, len(visit), sum(400 <= status < 500 for *_, status in visit), int((visit[-1][0] - visit[0][0]) * 1000)
