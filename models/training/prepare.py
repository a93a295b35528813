"""Runs texts and requests through the filter's own normaliser, so that training and serving share one."""

import base64
import hashlib
import json
import os
import pickle
import subprocess
import tempfile
from pathlib import Path
from typing import Iterable, NamedTuple

from data import Request, Row


class Target(NamedTuple):
    """One inspected part of a request."""

    kind: str
    windows: list[bytes]


def command() -> list[str]:
    """The program to pipe through: `PORTCULLIS_PREPARE`, or `portcullis prepare` of the release build."""
    given = os.environ.get("PORTCULLIS_PREPARE")
    return given.split() if given else [str(Path(__file__).resolve().parents[2] / "target/release/portcullis"), "prepare"]


def run(lines: Iterable[str]) -> list[dict]:
    """JSON lines in, JSON lines out; cached in the temporary folder by input and program."""
    program = command()
    text = "".join(lines)
    key = hashlib.sha256(text.encode("utf-8", "surrogatepass") + Path(program[0]).read_bytes()).hexdigest()
    cache = Path(tempfile.gettempdir()) / "portcullis-training" / f"{key}.pickle"
    if cache.exists():
        return pickle.loads(cache.read_bytes())
    done = subprocess.run(program, input=text.encode("utf-8", "surrogatepass"), stdout=subprocess.PIPE, check=True).stdout
    rows = [json.loads(line) for line in done.splitlines()]
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_bytes(pickle.dumps(rows))
    return rows


def texts(rows: list[Row]) -> list[list[bytes]]:
    """The windows of each row, in order."""
    found = run(json.dumps({"n": n, "text": row.text, "kind": row.kind}) + "\n" for n, row in enumerate(rows))
    assert len(found) == len(rows), f"{len(rows)} texts in, {len(found)} out"
    return [[base64.b64decode(w) for w in row["windows"]] for row in found]


def requests(found: list[Request]) -> list[list[Target]]:
    """The inspected parts of each request, in order."""
    done = run(json.dumps({"n": n, "raw_b64": base64.b64encode(r.raw).decode()}) + "\n" for n, r in enumerate(found))
    assert len(done) == len(found), f"{len(found)} requests in, {len(done)} out"
    return [[Target(t["kind"], [base64.b64decode(w) for w in t["windows"]]) for t in row["targets"]] for row in done]
