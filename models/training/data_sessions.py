"""Visits as numbers: the session CSVs of the predecessor, visits cut out of access logs, and those the harness collected."""

import csv
import gzip
import json
import re
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

BASE = ("numOfLoginAttempts", "numOfPostReqs", "numOfReqs", "sesCodes4xx", "sesDuration")
OWN = ("distinctPaths", "errorBurst", "missingHeaders", "assetShare")
FEATURES = BASE + OWN
"""What the model asks for, by the names of `FEATURE_NAMES` in src/behaviour/features.rs. The session CSVs have the first
five only; the others are 0 there, which is what the filter has for visits in which they were never counted."""
FILES = {"normal": "normal_numeric_data.csv", "zap": "zap.csv", "hydra": "hydra-dict_attack.csv", "hulk": "hulk-dos.csv", "loic": "loic-dos.csv"}
GAP_S, CAP, PER_VISITOR = 15, 180, 12
LINE = re.compile(r'^"?(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+)[^"]*" (\d{3}) ')
ASSET = re.compile(r"\.(css|m?js|map|png|jpe?g|gif|webp|avif|svg|ico|bmp|woff2?|ttf|otf|eot|mp[34]|webm|ogg|wav|wasm)$", re.I)


class Visit(NamedTuple):
    """One visit: features in order, what made it, and by whom."""

    values: tuple[float, ...]
    tool: str
    client: str
    text: bool = False
    """Whether the filter refused an attack in it: then it is abnormal whatever the features say."""


def sessions(root: Path) -> list[Visit]:
    """The session CSVs. `reqBodiesData` stands in the attack files only and is dropped: it would give the label away."""
    visits = []
    for tool, name in FILES.items():
        with (root / "sessions" / name).open(encoding="utf-8", newline="") as file:
            visits += [Visit(tuple(int(row[f]) for f in BASE) + (0,) * len(OWN), tool, row["clientIP"]) for row in csv.DictReader(file)]
    return visits


def collected(files: list[Path]) -> list[tuple[Visit, str]]:
    """Visits of tests/shows/collect.py, each with `tool` or `persona`; of one visitor at most `PER_VISITOR`, spread evenly."""
    found = []
    for path in files:
        visitors = defaultdict(list)
        with path.open(encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                text = any(row[name] for name in row if name.startswith("findings"))
                visit = Visit(tuple(float(row[name]) for name in FEATURES), row["who"], f"{path.parent.name}/{row['clientIP']}", text)
                visitors[row["clientIP"]].append((visit, row["kind"]))
        for visits in visitors.values():
            step = max(len(visits) / PER_VISITOR, 1)
            found += [visits[int(number * step)] for number in range(min(len(visits), PER_VISITOR))]
    return found


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


def cut(asked: list[tuple]) -> list[tuple[float, ...]]:
    """Features of the visits in one client's requests."""
    visits, current = [], []
    for request in asked:
        if current and (request[0] - current[-1][0] > GAP_S or len(current) >= CAP):
            visits.append(current)
            current = []
        current.append(request)
    visits.append(current)
    return [features(visit) for visit in visits if visit]


def features(visit: list[tuple]) -> tuple[float, ...]:
    """The numbers of one visit, but for the headers that a log does not have."""
    paths = [target.split("?")[0] for _, _, target, _ in visit]
    posts = sum(method == "POST" for _, method, _, _ in visit)
    logins = sum(method == "POST" and "login" in path for (_, method, _, _), path in zip(visit, paths))
    assets = [bool(ASSET.search(path)) for path in paths]
    burst = longest = 0
    for (*_, status), asset in zip(visit, assets):
        if not asset:
            burst = burst + 1 if status >= 400 else 0
            longest = max(longest, burst)
    base = logins, posts, len(visit), sum(400 <= status < 500 for *_, status in visit), int((visit[-1][0] - visit[0][0]) * 1000)
    return *base, len(set(paths)), longest, 0, sum(assets) / len(visit)
