"""Trains the text model and writes models/text.onnx with its manifest.

    python train_text.py --data ../../../shared/data
"""

import argparse
import hashlib
import pickle
import tempfile
import tomllib
from pathlib import Path
from typing import Callable, NamedTuple

import numpy as np
import torch

import cascade
import data
import dataset
import export
import fitting
import gate
import generators_uploads
import manifest
import prepare
import scoring
import screen
import shares
import thresholds
from data import CONTEXT, KINDS, LABELS
from generators_benign_kinds import AUTHORED
from network import BUCKETS, LEVELS, TextNet

SEEDS, EPOCHS, DRAWN = tuple(range(20261121, 20261127)), 12, 285_000
"""One network of each seed, which are joined: of different training they err differently. And the epochs of each, and windows drawn in one: two networks of three times as many epochs take as long, and know less of texts of another hand."""
UPLOADS = 4000
"""Requests that store files."""
SCRATCH = Path(tempfile.gettempdir()) / "portcullis-training"


class Split(NamedTuple):
    """What is kept from training."""

    left_out: frozenset[str] = frozenset()
    """Sources, kinds of ordinary texts, classes of attacks and shapes of them (`sqli:union`)."""
    of_application: Callable[[str], str] = data.split_of_application
    """Whether an application is trained on, chooses thresholds or tests."""


def settled(windows: dataset.Windows) -> dataset.Windows:
    """The windows whose labels are settled: a first screen tells the harmless parts of attacks."""
    first = screen_of(windows.some(np.flatnonzero(windows.group < 0)), 3)
    return dataset.settled(windows, first.logits(windows.rows, windows.kind, windows.context))


def screen_of(windows: dataset.Windows, epochs: int = screen.EPOCHS) -> screen.Screen:
    """A screen trained on these windows."""
    return screen.fit(windows.rows, windows.kind, windows.context, windows.label > 0, shares.ahead(windows), SEEDS[0], epochs)


def gate_of(windows: dataset.Windows, epochs: int = gate.EPOCHS) -> gate.Gate:
    """A gate trained on these windows."""
    return gate.fit(windows, shares.at_the_gate(windows), SEEDS[0], epochs)


def groups(root: Path, captures: Path, held_out: list[data.Row], split: Split) -> list[thresholds.Group]:
    """What thresholds are chosen on: recorded requests, applications, texts of the corpora, generated texts of another seed."""
    sites = prepare.requests([r for r in data.web_requests(root) if data.split_of_site(r.site) == "select"])
    found = [thresholds.Group("sites", sites, 0.0007), thresholds.Group("corpora", prepare.texts(held_out), 0.001)]
    asked = [r for r in data.captures(captures) if split.of_application(r.site) == "select"]
    # The interface of a document store takes query operators as names: what an attack is elsewhere is its language.
    operators = KINDS.index("body-name")
    asked = [r for r, parts in zip(asked, prepare.requests(asked)) if not any(p.kind == operators and p.window.startswith(b"$") for p in parts)]
    for name, wanted, has_body in (("applications, bodies", 0.005, True), ("applications, no bodies", 0.001, False)):
        mine = [r for r in asked if bool(r.raw.partition(b"\r\n\r\n")[2]) == has_body]
        if mine:
            found.append(thresholds.Group(name, prepare.requests(mine), wanted))
    made = dataset.generated_benign(97, 12_000, split.left_out)
    for name, wanted, authored in (("generated", 0.001, False), ("generated documents", 0.014, True)):
        mine = [row for row in made if (row.source.removeprefix("generated/") in AUTHORED) == authored]
        found.append(thresholds.Group(name, prepare.texts(mine), wanted))
    return found


def main() -> None:
    """Assembles, trains, calibrates, chooses thresholds, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("--data", type=Path, default=here.parents[2] / "shared" / "data")
    parser.add_argument("--captures", type=Path, default=SCRATCH / "captures", help="requests of applications, captured by capture/capture.py")
    parser.add_argument("--out", type=Path, default=here.parent)
    parser.add_argument("--without-dev", action="store_true", help="keep the development sites out of training, to look at them")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--drawn", type=int, default=DRAWN)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", choices=("networks", "all"), help="take the networks trained last, or screen and gates too, and choose thresholds anew")
    parser.add_argument("--version", default="2026-11-23.5")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    SCRATCH.mkdir(parents=True, exist_ok=True)
    split, windows, every = Split(), None, None
    if args.keep != "all":
        attacks = dataset.attacks(args.data, split.left_out)
        windows = every = settled(assembled(args, split, attacks))
    if not args.keep:
        nets, every = fitting.networks(fitting.Work(windows, attacks, args.epochs, args.drawn), SEEDS)
        torch.save([net.state_dict() for net in nets], SCRATCH / "text.pt")
    if args.keep != "all":
        (SCRATCH / "text.sieve").write_bytes(pickle.dumps((screen_of(windows), gate_of(windows).raw)))
    nets = [fitting.of(weights) for weights in torch.load(SCRATCH / "text.pt")]
    sieve, raw = pickle.loads((SCRATCH / "text.sieve").read_bytes())
    path = args.out / "text.onnx"
    model, chosen = finished(nets, sieve, gate.Gate(raw), path, args, split)
    (args.out / "text.screen").write_bytes(sieve.file())
    (args.out / "text.gate").write_bytes(model.gate.raw)
    written = document(path, args, every, model, chosen)
    if args.keep:
        before = tomllib.loads((args.out / "text.toml").read_text(encoding="utf-8"))
        written |= {"training": before["training"], "sources": before["sources"]}
    manifest.write(args.out / "text.toml", written, "The text model. Written by models/training/train_text.py; the metrics by evaluate_text.py.")


def finished(nets: list[TextNet], sieve: screen.Screen, door: gate.Gate, path: Path, args, split: Split) -> tuple[scoring.Model, thresholds.Chosen]:
    """Exports the networks, chooses the bounds of screen and gate, which network is asked first, how all are joined and from where on something is done, and exports them so."""
    export.write(nets, np.zeros(len(LABELS)), str(path), args.version)
    model = scoring.Model(path, sieve, door, threads=args.threads)
    _, held_out = dataset.corpora(args.data, split.left_out)
    benign, attacks = groups(args.data, args.captures, held_out, split), thresholds.positives(32, split.left_out)
    known = thresholds.Known.to(model, [parts for _, parts in attacks] + thresholds.amid(33, split.left_out, held_out))
    model.joint = thresholds.bounded(door, known)
    nets, ask_from = cascade.ordered(nets, known.asked(model), benign[0].asked(model))
    export.write(nets, np.zeros(len(LABELS)), str(path), args.version, ask_from)
    model.open(path, ask_from)
    chosen = thresholds.choose(model, benign, attacks)
    export.write(nets, model.offsets, str(path), args.version, ask_from)
    return model, chosen


def assembled(args, split: Split, attacks: list[data.Row]) -> dataset.Windows:
    """The windows to train on, these attacks' among them."""
    benign, _ = dataset.corpora(args.data, split.left_out)
    embedded = dataset.embedded(attacks, benign, dataset.EMBEDDED, 51)
    ordinary, sites = dataset.windows(benign, 2), dataset.site_windows(args.data, "train", *(() if args.without_dev else ("dev",)))
    applications = dataset.request_windows([r for r in data.captures(args.captures) if split.of_application(r.site) == "train"], "captures")
    stored = dataset.request_windows(generators_uploads.requests(24, UPLOADS), "generated/upload")
    windows = dataset.joined(dataset.windows(attacks, 1), dataset.embedded_windows(embedded, 3), ordinary, sites, applications, stored, dataset.spliced(ordinary, sites))
    print(f"{len(windows.rows)} windows: {dict(zip(LABELS, np.bincount(windows.label, minlength=len(LABELS)).tolist()))}", flush=True)
    return windows


def document(path: Path, args, windows: dataset.Windows, model: scoring.Model, chosen: thresholds.Chosen) -> dict:
    """The manifest."""
    hashed = lambda suffix: {"file": path.with_suffix(suffix).name, "sha256": hashlib.sha256(path.with_suffix(suffix).read_bytes()).hexdigest()}
    joint = model.joint._asdict()
    door = {"gate": {**hashed(".gate"), "shape": list(gate.SHAPE), "pass_from": [list(bounds) for bounds in joint.pop("gate_from")]}}
    joint["pass_from"] = list(joint["pass_from"])
    inputs = [("bytes", "uint8", ["batch", "length"]), ("kind", "uint8", ["batch"]), ("context", "uint8", ["batch", LEVELS])]
    return {
        "labels": list(LABELS),
        "kinds": list(KINDS),
        "context": list(CONTEXT),
        "model": manifest.model(path, args.version, inputs, ("probabilities", "float32", ["batch", len(LABELS)])),
        "screen": {**hashed(".screen"), "orders": list(screen.ORDERS), "bits": screen.BITS, "span": screen.SPAN, "rest": screen.REST, "rest_floor": screen.REST_FLOOR, "signs": list(screen.SIGNS), "brief": screen.BRIEF, "scale": model.screen.scale, "bias": model.screen.bias, **joint, **door},
        "window": {"bytes": BUCKETS[-1], "step": 192, "buckets": list(BUCKETS)},
        "thresholds": {"flag": 0.5, **chosen.refuse},
        "calibration": {"method": "each class lowered, inside the network, until one half flags as few as wanted; logistic regression on the logits of networks and screen; the first network asks the others, inside the file, from a logit of an attack on", "ask_from": model.ask_from, "offsets": {label: round(float(offset), 3) for label, offset in zip(LABELS, model.offsets)}, "data": "recorded requests of the selection sites, applications and 5 % of the benign corpora kept for it, generated texts and attacks of other seeds"},
        "training": {"command": "make train-text", "seeds": list(SEEDS), "epochs": args.epochs, "drawn_an_epoch": args.drawn, "windows": len(windows.rows) if windows else 0, "sites": "60 % train (10 % of them left out and looked at while developing), 20 % thresholds, 20 % test, by registrable domain"},
        "metrics": {"selection": chosen.report["medium"]},
        "sources": manifest.sources(windows.source if windows else []),
    }


if __name__ == "__main__":
    main()
