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

REPOSITORY = Path(__file__).resolve().parents[2]


class Part(NamedTuple):
    """One window as the model is given it."""

    kind: int
    context: bytes
    window: bytes


def command() -> list[str]:
    """The program to pipe through: `PORTCULLIS_PREPARE`, or `portcullis prepare` of the release or the dev build."""
    given = os.environ.get("PORTCULLIS_PREPARE")
    if given:
        return given.split()
    builds = [REPOSITORY / "target" / profile / "portcullis" for profile in ("release", "debug")]
    return [str(next((b for b in builds if b.exists()), builds[0])), "prepare"]


def run(lines: Iterable[str], kept: bool = True) -> list[list[tuple[int, bytes, bytes]]]:
    """JSON lines in, windows out; kept in the temporary folder by input and program, unless nobody will ask again."""
    program, text = command(), "".join(lines).encode("utf-8", "surrogatepass")
    if not kept:
        return asked(program, text)
    key = hashlib.sha256(text + Path(program[0]).read_bytes()).hexdigest()
    cache = Path(tempfile.gettempdir()) / "portcullis-training" / f"{key}.pickle"
    if cache.exists():
        return pickle.loads(cache.read_bytes())
    rows = asked(program, text)
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_bytes(pickle.dumps(rows))
    return rows


def asked(program: list[str], text: bytes) -> list[list[tuple[int, bytes, bytes]]]:
    """What the program makes of each line."""
    done = subprocess.run(program, input=text, stdout=subprocess.PIPE, check=True).stdout
    rows = [[(w["kind"], bytes(w["context"]), base64.b64decode(w["bytes"])) for w in json.loads(line)["windows"]] for line in done.splitlines()]
    assert len(rows) == text.count(b"\n"), f"{text.count(10)} lines in, {len(rows)} out"
    return rows


def texts(rows: list[Row], kept: bool = True) -> list[list[Part]]:
    """The windows of each row, in order; none of a text that is safe by construction."""
    found = run((json.dumps({"text": row.text, "where": row.kind}) + "\n" for row in rows), kept)
    return [[Part(*part) for part in parts] for parts in found]


def requests(asked: list[Request]) -> list[list[Part]]:
    """The windows of each request, in order."""
    found = run(json.dumps({"raw_b64": base64.b64encode(r.raw).decode()}) + "\n" for r in asked)
    return [[Part(*part) for part in parts] for parts in found]


def distinct(texts: Iterable[list[Part]]) -> list[Part]:
    """The different windows of some texts, in an order of their own."""
    return sorted({part for parts in texts for part in parts})
