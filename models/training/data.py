"""Reads the shared corpora into rows. Nothing here changes a text: the filter's own normaliser does that later."""

import base64
import csv
import gzip
import hashlib
import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Iterator, NamedTuple

LABELS = ("norm", "sqli", "xss", "path-traversal", "cmdi", "nosqli", "ssti", "code-injection", "xxe", "ldapi", "ssrf", "crlf")
KINDS = ("path", "query-name", "query-value", "header", "cookie", "body-name", "body-value", "file-name", "body-text")
"""Kinds of targets in the order of `TargetKind::ALL`; the index is what the model is given."""
CONTEXT = ("length", "words", "letters", "spaces", "lines", "markup", "symbols", "position")
"""Levels of the context in the order of `CONTEXT_NAMES`, each 0 to 15."""

CAPS = {
    ("PayloadsAllTheThings", "path-traversal"): 4000, ("grananqvist", "xss"): 3000, ("payloadbox", "xss"): 3000, ("grananqvist-legal", "norm"): 20000, ("ada-url/kasztp", "norm"): 15000, ("joke2k-faker", "norm"): 12000,
    ("text2sql-wikisql-questions", "norm"): 9000, ("tweets-davidson", "norm"): 14000, ("tldr/prose", "norm"): 12000, ("clinc150", "norm"): 5000, ("uap-core", "norm"): 6000,
}
"""Most rows taken from one source of one class: near-duplicates of a big list would drown the rest."""


class Row(NamedTuple):
    """One text with what is known of it."""

    text: str
    label: str
    source: str
    kind: str


class Request(NamedTuple):
    """One recorded request, whole."""

    site: str
    raw: bytes


def share(*parts: str) -> float:
    """A number from 0 to 1 that depends on the parts alone: splits by it never change."""
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def jsonl(path: Path) -> Iterator[dict]:
    """The objects of a gzipped JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def httpparams(root: Path, split: str) -> list[Row]:
    """HttpParamsDataset as published; its values stand in query and body parameters."""
    with (root / "httpparams" / f"payload_{split}.csv").open(encoding="utf-8", newline="") as file:
        return [Row(row["payload"], row["attack_type"], "HttpParams", "query-value") for row in csv.DictReader(file)]


def payloads(root: Path) -> list[Row]:
    """Attack lists; rows of no class of ours (format strings, wishful paths) are left out."""
    return [Row(r["text"], r["label"], r["source"], r["where"]) for r in jsonl(root / "payloads" / "attacks.jsonl.gz") if r["label"] in LABELS]


def benign(root: Path) -> list[Row]:
    """Benign corpora."""
    return [Row(r["text"], "norm", r["source"], r["where"]) for r in jsonl(root / "benign" / "benign_corpora.jsonl.gz")]


def csic(root: Path) -> list[Row]:
    """CSIC 2010: for evaluation only."""
    return [Row(r["text"], r["label"], "csic2010", r["where"]) for r in jsonl(root / "csic2010" / "csic2010_inputs.jsonl.gz")]


def web_requests(root: Path) -> list[Request]:
    """Recorded benign requests of browsers."""
    found = []
    for row in jsonl(root / "benign" / "web_requests.jsonl.gz"):
        raw = base64.b64decode(row["raw_b64"]) if "raw_b64" in row else row["raw"].encode("utf-8", "surrogatepass")
        found.append(Request(site_of(raw), raw))
    return found


def captures(folder: Path) -> list[Request]:
    """Requests of real applications, captured by `capture/`: the application as the site, `A` or `B` for the texts typed."""
    found = []
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else []:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            raw = base64.b64decode(row["raw_b64"]) if "raw_b64" in row else row["raw"].encode("utf-8", "surrogatepass")
            found.append(Request(row["source"], raw))
    return found


def split_of_application(name: str) -> str:
    """60 % of the applications train, 20 % choose thresholds, 20 % test."""
    part = share("application-split-1", name)
    return "train" if part < 0.6 else "select" if part < 0.8 else "test"


def site_of(raw: bytes) -> str:
    """The registrable domain of a request's Host header, near enough."""
    head = raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    host = next((line[5:].strip() for line in head if line.lower().startswith("host:")), "").split(":")[0].lower()
    parts = host.split(".")
    if len(parts) > 2 and len(parts[-1]) == 2 and parts[-2] in ("com", "co", "net", "org", "gov", "edu", "ac"):
        return ".".join(parts[-3:])
    return ".".join(parts[-2:])


def split_of_site(site: str) -> str:
    """50 % of the sites train, 10 % are looked at while developing, 20 % choose thresholds, 20 % test."""
    part = share("site-split-1", site)
    return "train" if part < 0.5 else "dev" if part < 0.6 else "select" if part < 0.8 else "test"


def is_held_out(row: Row) -> bool:
    """5 % of the benign corpora are kept from training, to choose thresholds on beside the selection sites."""
    return share("benign-split-1", row.source, row.text) < 0.05


def capped(rows: list[Row], seed: int) -> list[Row]:
    """At most as many rows of a source and class as `CAPS` allows, drawn without order."""
    groups = defaultdict(list)
    for row in rows:
        groups[row.source, row.label].append(row)
    rng = random.Random(seed)
    kept = []
    for key in sorted(groups):
        group = groups[key]
        limit = CAPS.get(key, len(group))
        kept.extend(rng.sample(group, limit) if len(group) > limit else group)
    return kept
