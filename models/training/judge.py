"""Asks the filter itself, by its `classify` command, and draws detected attacks that training has not seen."""

import json
import os
import random
import subprocess
from pathlib import Path
from typing import NamedTuple

import data
import generated
from data import Row

SEED = 770_077
"""The seed of the attacks that only measure; training uses others."""


class Verdict(NamedTuple):
    """What the filter says of a text."""

    refused: bool
    flagged: bool
    score: float
    label: str


class Judge:
    """The `classify` command; `PORTCULLIS_CLASSIFY` or the argument names it, by default the release build."""

    def __init__(self, command: str | None, folder: Path | None = None):
        here = Path(__file__).resolve().parents[2]
        given = command or os.environ.get("PORTCULLIS_CLASSIFY") or f"{here / 'target' / 'release' / 'portcullis'} classify"
        self.command, self.folder, self.asked = given.split(), folder or here, 0

    def verdicts(self, texts: list[str], where: str = "value") -> list[Verdict]:
        """The verdict on each text, in order, by default as one value of a parameter."""
        if not texts:
            return []
        lines = "".join(json.dumps({"text": text, "where": where}) + "\n" for text in texts)
        done = subprocess.run(self.command, input=lines.encode("utf-8", "surrogatepass"), stdout=subprocess.PIPE, check=True, cwd=self.folder).stdout
        found = [json.loads(line) for line in done.splitlines()]
        assert len(found) == len(texts), f"{len(texts)} texts in, {len(found)} verdicts out"
        self.asked += len(texts)
        return [Verdict(v["verdict"] == "refuse", v["verdict"] != "allow", v["score"], v["label"]) for v in found]


def unseen(classes: list[str], count: int, root: Path | None) -> list[Row]:
    """`count` attacks of each class: of an own seed, and, where the data folder is at hand, of the HttpParams test split."""
    rows = generated.attacks(SEED, dict.fromkeys(classes, count))
    rows = [row for row in rows if row.kind not in ("query-name", "body-name")]
    if root and (root / "httpparams").exists():
        rng = random.Random(SEED)
        listed = [row for row in data.httpparams(root, "test") if row.label in classes]
        rows += rng.sample(listed, min(len(listed), count * len(classes) // 4))
    return rows


def detected(judge: Judge, rows: list[Row], flagged: bool) -> list[Row]:
    """The rows that the filter refuses (or at least flags), as they are."""
    return [row for row, verdict in zip(rows, judge.verdicts([row.text for row in rows])) if verdict.refused or (flagged and verdict.flagged)]


def common_arguments(parser) -> None:
    """The options both measures have."""
    here = Path(__file__).resolve().parent
    parser.add_argument("--classify", help="the command, by default the release build's `portcullis classify`")
    parser.add_argument("--folder", type=Path, help="where the command is run, by default the repository's root")
    parser.add_argument("--data", type=Path, default=here.parents[2] / "shared" / "data")
    parser.add_argument("--flag", action="store_true", help="count what is flagged as detected, not only what is refused")
