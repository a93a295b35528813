"""Trains the text model and writes models/text.onnx with its manifest.

    python train_text.py --data ../../../shared/data
"""

import argparse
import hashlib
import pickle
import re
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Callable, NamedTuple

import numpy as np
import torch

import adversaries
import data
import dataset
import export
import gate
import manifest
import prepare
import scoring
import screen
import thresholds
from data import CONTEXT, KINDS, LABELS
from generators_benign_kinds import AUTHORED
from network import BUCKETS, LEVELS, TextNet

SEED, EPOCHS, DRAWN, BATCH, RATE = 20261121, 44, 400_000, 256, 3e-3
SHARES = {"norm": 0.52, "sqli": 0.08, "xss": 0.08, "path-traversal": 0.07, "cmdi": 0.09, "nosqli": 0.024, "ssti": 0.022, "code-injection": 0.03, "xxe": 0.013, "ldapi": 0.016, "ssrf": 0.027, "crlf": 0.028}
"""Share of each class in an epoch."""
LISTED = {**dict.fromkeys(dataset.LISTS, 4.0), "generated/renamed": 2.0, "generated/quoted": 20.0, adversaries.SOURCE: 3.0}
"""How much likelier a payload of a list is drawn than a generated one, of which there are ten times as many; one renamed; one that authors quote, alone; one rewritten until it was missed."""
OPERATOR, OFTEN = re.compile(rb"\$[a-z]+|__proto__"), 150.0
"""Names that are all there is to see of most attacks on document stores, and how much likelier each is drawn than another text."""
AMID = {"generated/embedded": 2.5, "generated/around": 2.0}
"""How much likelier yet attacks amid ordinary texts are drawn, and the ordinary texts around them."""
AMID_AHEAD = {"generated/embedded": 5.0, "generated/around": 4.0}
"""The same for the screen, whose sums prose weighs down."""
AMID_GATE = {"generated/embedded": 8.0, "generated/around": 6.4}
"""The same for the gate: what it takes for prose no network looks at again."""
AT_THE_GATE = 9.0
"""How much likelier the gate learns from a recorded request than from another text: it is there for what sites really send."""
HARD, MISSED, EASY = 3.0, 2.0, 0.25
"""How much likelier a benign window is drawn after it was taken for an attack, a generated attack after it was not, and any window after the network was sure of it."""
KNOWN = 1e-3
"""Probability of the wrong side below which it is."""
SEARCHED_AFTER = (0.36, 0.64, 0.82)
"""Shares of the epochs after which attacks are rewritten until the network misses them."""
SCRATCH = Path(tempfile.gettempdir()) / "portcullis-training"


class Split(NamedTuple):
    """What is kept from training."""

    left_out: frozenset[str] = frozenset()
    """Sources, kinds of ordinary texts, classes of attacks and shapes of them (`sqli:union`)."""
    of_application: Callable[[str], str] = data.split_of_application
    """Whether an application is trained on, chooses thresholds or tests."""


def weights(windows: dataset.Windows, recorded: float = 3.0, amid: dict[str, float] = AMID) -> np.ndarray:
    """Chance of each window to be drawn: the classes after SHARES, recorded requests and HttpParams more than the rest."""
    chance = np.array([recorded if s in ("web_requests", "captures") else (3.0 if label > 1 else 1.5) if s == "HttpParams" else LISTED.get(s, 1.0) for s, label in zip(windows.source, windows.label)])
    # Half of the time would go into the windows of full length, many of them of the same long texts.
    chance[np.array([len(row) > BUCKETS[-2] for row in windows.rows])] *= 0.5
    chance[np.array([label > 0 and bool(OPERATOR.fullmatch(row)) for row, label in zip(windows.rows, windows.label)])] *= OFTEN
    for n, label in enumerate(LABELS):
        mine = windows.label == n
        chance[mine] *= SHARES[label] / max(1e-9, chance[mine].sum())
    return chance * np.array([amid.get(source, 1.0) for source in windows.source])


def at_the_gate(windows: dataset.Windows) -> np.ndarray:
    """Chance of each window to be drawn for the gate."""
    return weights(windows, AT_THE_GATE, AMID_GATE)


def settled(windows: dataset.Windows) -> dataset.Windows:
    """The windows whose labels are settled: a first screen tells the harmless parts of attacks."""
    first = screen_of(windows.some(np.flatnonzero(windows.group < 0)), 3)
    return dataset.settled(windows, first.logits(windows.rows, windows.kind, windows.context))


def screen_of(windows: dataset.Windows, epochs: int = screen.EPOCHS) -> screen.Screen:
    """A screen trained on these windows."""
    return screen.fit(windows.rows, windows.kind, windows.context, windows.label > 0, weights(windows, amid=AMID_AHEAD), SEED, epochs)


def fit(windows: dataset.Windows, attacks: list[data.Row], epochs: int, count: int, before: dict | None = None) -> tuple[TextNet, dataset.Windows]:
    """Trains, anew or from the weights of before at a third of the rate; what is still hard is drawn more often, and after some epochs attacks are rewritten until the network misses them. With the network come all windows, these attacks among them."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    net, rate = TextNet(len(KINDS), len(LABELS)), RATE if before is None else RATE / 3
    if before is not None:
        net.load_state_dict(before)
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-2, fused=True)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=epochs * (count // BATCH + len(BUCKETS)), pct_start=0.15)
    chance, norm = weights(windows), np.full(len(windows.rows), np.nan, np.float32)
    searches = [int(share * epochs) for share in SEARCHED_AFTER]
    for epoch in range(epochs):
        start = time.time()
        loss = trained(net, optimiser, plan, windows, mined(windows, chance, norm), norm, rng, count)
        print(f"epoch {epoch + 1}: loss {loss:.5f}, {time.time() - start:.0f} s", flush=True)
        if epoch + 1 in searches:
            found = adversaries.searched(lambda some: probabilities(net, some), attacks, SEED + epoch)
            windows, norm = dataset.beside(windows, found), np.append(norm, np.full(len(found.rows), np.nan, np.float32))
            chance = weights(windows)
    return net, windows


def trained(net: TextNet, optimiser, plan, windows: dataset.Windows, chance: np.ndarray, norm: np.ndarray, rng: np.random.Generator, count: int) -> float:
    """One epoch; the mean loss. Each window's probability of norm is noted."""
    net.train()
    total, start = 0.0, time.time()
    buckets = dataset.buckets_of(windows.rows)
    batches = dataset.epoch_batches(buckets, chance, rng, count, BATCH)
    for number, part in enumerate(batches):
        logits = net(*gate.tensors_of(windows, part, BUCKETS[buckets[part[0]]]), torch.bfloat16)
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(windows.label[part].astype(np.int64)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        plan.step() if plan.last_epoch < plan.total_steps - 1 else None
        total += loss.item() * len(part)
        norm[part] = torch.softmax(logits.detach(), 1)[:, 0].numpy()
        if number % 250 == 249:
            print(f"  {number + 1} of {len(batches)} batches, {time.time() - start:.0f} s", flush=True)
    return total / count


def mined(windows: dataset.Windows, chance: np.ndarray, norm: np.ndarray) -> np.ndarray:
    """Chance of each window to be drawn by the probability of norm it last had (NaN: it was not drawn yet); the classes keep their shares."""
    wrong = np.where(windows.label > 0, norm, 1 - norm)
    times = np.where(wrong < KNOWN, EASY, 1.0)
    # Lists hold entries that are no attacks; of the generated ones each is sure.
    generated = np.array([source.startswith("generated/") for source in windows.source])
    hard, missed = (windows.label == 0) & (wrong > 0.05), (windows.label > 0) & generated & (wrong > 0.5)
    times[hard], times[missed] = HARD, MISSED
    print(f"  {hard.sum()} benign windows look like attacks, {missed.sum()} generated attacks do not; {(times == EASY).mean():.0%} known, {np.isnan(norm).mean():.0%} never drawn", flush=True)
    for label in range(len(LABELS)):
        mine = windows.label == label
        times[mine] *= chance[mine].sum() / max(1e-9, (chance[mine] * times[mine]).sum())
    return chance * times


def probabilities(net: TextNet, windows: dataset.Windows) -> np.ndarray:
    """Probability of norm of each window, uncalibrated."""
    net.eval()
    buckets, out = dataset.buckets_of(windows.rows), np.zeros(len(windows.rows), np.float32)
    with torch.no_grad():
        for b, size in enumerate(BUCKETS):
            mine = np.flatnonzero(buckets == b)
            for part in np.split(mine, range(1024, len(mine), 1024)):
                out[part] = torch.softmax(net(*gate.tensors_of(windows, part, size), torch.bfloat16), 1)[:, 0].numpy()
    return out


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
    parser.add_argument("--go-on", action="store_true", help="train the network trained last for some more epochs")
    parser.add_argument("--keep", choices=("network", "all"), help="take the network trained last, or screen and gate too, and choose thresholds anew")
    parser.add_argument("--version", default="2026-11-22.3")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    SCRATCH.mkdir(parents=True, exist_ok=True)
    split, windows = Split(), None
    if args.keep != "all":
        attacks = dataset.attacks(args.data, split.left_out)
        windows = settled(assembled(args, split, attacks))
    every = windows
    if args.keep:
        net = TextNet(len(KINDS), len(LABELS))
        net.load_state_dict(torch.load(SCRATCH / "text.pt"))
    else:
        net, every = fit(windows, attacks, args.epochs, args.drawn, torch.load(SCRATCH / "text.pt") if args.go_on else None)
        torch.save(net.state_dict(), SCRATCH / "text.pt")
    if args.keep == "all":
        sieve, door = pickle.loads((SCRATCH / "screen.pickle").read_bytes()), gate.Gate((SCRATCH / "text.gate").read_bytes())
    else:
        sieve, door = screen_of(windows), gate.fit(windows, at_the_gate(windows), SEED)
        (SCRATCH / "screen.pickle").write_bytes(pickle.dumps(sieve))
        (SCRATCH / "text.gate").write_bytes(door.raw)
    path = args.out / "text.onnx"
    chosen = finished(net, sieve, door, path, args, split)
    (args.out / "text.screen").write_bytes(sieve.file())
    (args.out / "text.gate").write_bytes(door.raw)
    written = document(path, args, every, chosen, sieve)
    if args.keep:
        before = tomllib.loads((args.out / "text.toml").read_text(encoding="utf-8"))
        written |= {"training": before["training"], "sources": before["sources"]}
    manifest.write(args.out / "text.toml", written, "The text model. Written by models/training/train_text.py; the metrics by evaluate_text.py.")


def finished(net: TextNet, sieve: screen.Screen, door: gate.Gate, path: Path, args, split: Split) -> thresholds.Chosen:
    """Exports the network, chooses how it is joined with screen and gate and from where on something is done, and exports it so."""
    export.write(net, np.zeros(len(LABELS)), str(path), args.version)
    model = scoring.Model(path, sieve, door, threads=args.threads)
    _, held_out = dataset.corpora(args.data, split.left_out)
    chosen = thresholds.choose(model, groups(args.data, args.captures, held_out, split), held_out, split.left_out)
    export.write(net, model.offsets, str(path), args.version)
    return chosen


def assembled(args, split: Split, attacks: list[data.Row]) -> dataset.Windows:
    """The windows to train on, these attacks' among them."""
    benign, _ = dataset.corpora(args.data, split.left_out)
    embedded = dataset.embedded(attacks, benign, dataset.EMBEDDED, 51)
    ordinary, sites = dataset.windows(benign, 2), dataset.site_windows(args.data, "train", *(() if args.without_dev else ("dev",)))
    applications = dataset.request_windows([r for r in data.captures(args.captures) if split.of_application(r.site) == "train"], "captures")
    windows = dataset.joined(dataset.windows(attacks, 1), dataset.embedded_windows(embedded, 3), ordinary, sites, applications, dataset.spliced(ordinary, sites))
    print(f"{len(windows.rows)} windows: {dict(zip(LABELS, np.bincount(windows.label, minlength=len(LABELS)).tolist()))}", flush=True)
    return windows


def document(path: Path, args, windows: dataset.Windows, chosen: thresholds.Chosen, sieve: screen.Screen) -> dict:
    """The manifest."""
    hashed = lambda suffix: {"file": path.with_suffix(suffix).name, "sha256": hashlib.sha256(path.with_suffix(suffix).read_bytes()).hexdigest()}
    joint = chosen.joint._asdict()
    door = {"gate": {**hashed(".gate"), "shape": list(gate.SHAPE), "pass_from": [list(bounds) for bounds in joint.pop("gate_from")]}}
    joint["pass_from"] = list(joint["pass_from"])
    inputs = [("bytes", "uint8", ["batch", "length"]), ("kind", "uint8", ["batch"]), ("context", "uint8", ["batch", LEVELS])]
    return {
        "labels": list(LABELS),
        "kinds": list(KINDS),
        "context": list(CONTEXT),
        "model": manifest.model(path, args.version, inputs, ("probabilities", "float32", ["batch", len(LABELS)])),
        "screen": {**hashed(".screen"), "orders": list(screen.ORDERS), "bits": screen.BITS, "span": screen.SPAN, "rest": screen.REST, "rest_floor": screen.REST_FLOOR, "signs": list(screen.SIGNS), "brief": screen.BRIEF, "scale": sieve.scale, "bias": sieve.bias, **joint, **door},
        "window": {"bytes": BUCKETS[-1], "step": 192, "buckets": list(BUCKETS)},
        "thresholds": {"flag": 0.5, **chosen.refuse},
        "calibration": {"method": "each class lowered, inside the network, until one half flags as few as wanted; logistic regression on the logits of network and screen", "offsets": {label: round(float(offset), 3) for label, offset in zip(LABELS, chosen.offsets)}, "data": "recorded requests of the selection sites, applications and 5 % of the benign corpora kept for it, generated texts and attacks of other seeds"},
        "training": {"command": "make train-text", "seed": SEED, "epochs": args.epochs, "drawn_an_epoch": args.drawn, "windows": len(windows.rows) if windows else 0, "sites": "60 % train (10 % of them left out and looked at while developing), 20 % thresholds, 20 % test, by registrable domain"},
        "metrics": {"selection": chosen.report["medium"]},
        "sources": manifest.sources(windows.source if windows else []),
    }


if __name__ == "__main__":
    main()
