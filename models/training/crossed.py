"""Measures the way of training on what it left out: payload lists, shapes of generated attacks, benign corpora, kinds of
ordinary texts, applications. Each is left out of one of three trainings, which leaves a third of all of them out at once.

    python crossed.py --data ../../../shared/data [--fold 0] [--epochs 6]
    python crossed.py --data ../../../shared/data --lists     # one training without any payload list, and nothing else left out

Writes nothing but its table; the shipped model is that of train_text.py, trained on all of it.
"""

import argparse
import json
import random
from collections import defaultdict
from pathlib import Path

import torch

import data
import dataset
import fitting
import generated
import prepare
import scoring
import train_text
from data import Row
from generators_benign_kinds import KINDS
from train_text import SCRATCH, Split

FOLDS, SCREEN_EPOCHS, GATE_EPOCHS = 3, 8, 4
PAYLOADS = (("PayloadsAllTheThings", "HttpParams"), ("fuzzdb", "payloadbox"), ("grananqvist",))
"""Payload lists that are left out together."""
SEED, ATTACKS, ORDINARY, LISTED = 88, 900, 9_000, 1_500
"""Seed, generated attacks of each class, generated ordinary texts, and rows of one source that measure."""


def shapes() -> list[str]:
    """Every shape of generated attacks, as sources are left out by."""
    rows = generated.attacks(1, dict.fromkeys(generated.ATTACKS, 3000))
    return sorted({row.source.removeprefix("generated/") for row in rows})


def split_of(fold: int, root: Path, captures: Path) -> Split:
    """What one fold leaves out; of the other applications every third chooses thresholds."""
    corpora = sorted({row.source for row in data.benign(root)})
    left_out = {*PAYLOADS[fold], *corpora[fold::FOLDS], *sorted(KINDS)[fold::FOLDS], *shapes()[fold::FOLDS]}
    names = sorted({request.site for request in data.captures(captures)})
    rest = [name for name in names if name not in names[fold::FOLDS]]
    of_application = {**dict.fromkeys(names[fold::FOLDS], "test"), **{name: "select" if n % 3 == 0 else "train" for n, name in enumerate(rest)}}
    return Split(frozenset(left_out), of_application.__getitem__)


def without_lists() -> Split:
    """Leaves out every payload list at once: what is found of each is found by the generators' attacks alone."""
    return Split(frozenset(name for names in PAYLOADS for name in names))


def measured_rows(split: Split, root: Path) -> list[Row]:
    """Texts of what was left out, each where such texts stand."""
    rng = random.Random(SEED)
    listed = data.capped(data.payloads(root), 12) + data.httpparams(root, "train") + data.httpparams(root, "test")
    listed = [row._replace(kind="query-value") for row in listed if row.source in split.left_out and (row.label == "norm" or dataset.looks_it(row))]
    texts = [part for row in data.benign(root) if row.source in split.left_out for part in dataset.leaves(row)]
    texts = [row._replace(kind=dataset.drawn(rng, dataset.BENIGN_KINDS[row.kind])) for row in texts]
    groups = defaultdict(list)
    for row in listed + texts:
        groups[row.source, row.label].append(row)
    rows = [row for group in groups.values() for row in rng.sample(group, min(len(group), LISTED))]
    made = generated.attacks(SEED, dict.fromkeys(generated.ATTACKS, ATTACKS)) + generated.benign(SEED, ORDINARY)
    return rows + [row for row in made if row.source.removeprefix("generated/") in split.left_out]


def measured(model: scoring.Model, limits: dict[str, float], split: Split, root: Path, captures: Path) -> list[dict]:
    """Of each source left out how much of it was refused at medium."""
    rows, lines = measured_rows(split, root), []
    scores = model.texts(prepare.texts(rows))
    groups = defaultdict(list)
    for row, score in zip(rows, scores):
        groups[row.source, row.label].append((row, score, score.refused(limits)))
    for (source, label), found in sorted(groups.items()):
        wrong = [row.text[:70] for row, _, refused in found if refused == (label == "norm")]
        lines.append({"source": source, "label": label, "rows": len(found), "refused": sum(refused for *_, refused in found), "wrong": wrong[:4]})
    asked = [r for r in data.captures(captures) if split.of_application(r.site) == "test"]
    for name in sorted({request.site for request in asked}):
        for label, has_body in (("with a body", True), ("without a body", False)):
            mine = [r for r in asked if r.site == name and bool(r.raw.partition(b"\r\n\r\n")[2]) == has_body]
            if mine:
                lines.append({"source": name, "label": label, **refused_requests(model, mine, limits)})
    return lines


def refused_requests(model: scoring.Model, asked: list[data.Request], limits: dict[str, float]) -> dict:
    """Whole requests refused, and the different values that did it."""
    taken = prepare.requests(asked)
    parts = prepare.distinct(taken)
    hit = {part for part, score in zip(parts, model.texts([[part] for part in parts])) if score.refused(limits)}
    return {"rows": len(asked), "refused": sum(any(part in hit for part in found) for found in taken), "wrong": [part.window[:70].decode("utf-8", "replace") for part in sorted(hit)][:4]}


def main() -> None:
    """Trains, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = Path(__file__).resolve().parent
    parser.add_argument("--data", type=Path, default=here.parents[2] / "shared" / "data")
    parser.add_argument("--captures", type=Path, default=SCRATCH / "captures")
    parser.add_argument("--fold", type=int, action="append", choices=range(FOLDS), help="by default all of them")
    parser.add_argument("--lists", action="store_true", help="leave out the payload lists alone, all of them")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--drawn", type=int, default=train_text.DRAWN)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--version", default="crossed")
    parser.add_argument("--without-dev", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    splits = {"lists": without_lists()} if args.lists else {fold: split_of(fold, args.data, args.captures) for fold in args.fold or range(FOLDS)}
    for fold, split in splits.items():
        attacks = dataset.attacks(args.data, split.left_out)
        windows = train_text.settled(train_text.assembled(args, split, attacks))
        nets, _ = fitting.networks(fitting.Work(windows, attacks, args.epochs, args.drawn), train_text.SEEDS)
        sieve, door = train_text.screen_of(windows, SCREEN_EPOCHS), train_text.gate_of(windows, GATE_EPOCHS)
        path = SCRATCH / f"crossed-{fold}.onnx"
        model, chosen = train_text.finished(nets, sieve, door, path, args, split)
        lines = measured(model, chosen.refuse["medium"], split, args.data, args.captures)
        path.with_suffix(".json").write_text(json.dumps(lines, ensure_ascii=False, indent=1), encoding="utf-8")
        for line in lines:
            print(f"{line['source']:40} {line['label']:15} {line['refused']:6} of {line['rows']:6} = {line['refused'] / line['rows']:.4f}  {line['wrong']}", flush=True)


if __name__ == "__main__":
    main()
