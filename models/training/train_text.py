"""Trains the text model and writes models/text.onnx with its manifest.

    python train_text.py --data ../../../shared/data

With --leave-out SOURCE (again and again) it trains without those sources, writes nothing and prints how much of them
is recognised.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

import data
import dataset
import export
import manifest
import prepare
import scoring
import thresholds
from data import KINDS, LABELS
from network import BUCKETS, TextNet

SEED, EPOCHS, DRAWN, BATCH, RATE = 20261121, 6, 240_000, 256, 2e-3
SHARES = {"norm": 0.62, "sqli": 0.1, "xss": 0.09, "path-traversal": 0.09, "cmdi": 0.1}
"""Share of each class in an epoch."""
HARD = 6.0
"""How much likelier a benign window is drawn after it was taken for an attack."""


def weights(windows: dataset.Windows) -> np.ndarray:
    """Chance of each window to be drawn: the classes after SHARES, recorded requests and HttpParams more than the rest."""
    chance = np.array([2.0 if s == "web_requests" else (3.0 if label > 1 else 1.5) if s == "HttpParams" else 1.0 for s, label in zip(windows.source, windows.label)])
    # Half of the time would go into the windows of full length, many of them of the same long texts.
    chance[np.array([len(row) > BUCKETS[-2] for row in windows.rows])] *= 0.5
    for n, label in enumerate(LABELS):
        mine = windows.label == n
        chance[mine] *= SHARES[label] / chance[mine].sum()
    return chance


def epoch_batches(windows: dataset.Windows, buckets: np.ndarray, chance: np.ndarray, rng: np.random.Generator, count: int) -> list[np.ndarray]:
    """Windows drawn by chance, in batches of like lengths without order."""
    drawn = rng.choice(len(chance), count, p=chance / chance.sum())
    batches = []
    for b in range(len(BUCKETS)):
        mine = drawn[buckets[drawn] == b]
        batches += [mine[i : i + BATCH] for i in range(0, len(mine), BATCH) if len(mine[i : i + BATCH]) > 16]
    order = rng.permutation(len(batches))
    return [batches[i] for i in order]


def fit(windows: dataset.Windows, epochs: int, count: int) -> TextNet:
    """Trains; after each epoch but the last, benign windows that look like attacks are made likelier to be drawn."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    net = TextNet(len(KINDS), len(LABELS))
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=1e-2)
    buckets = np.array([dataset.bucket_of(len(row)) for row in windows.rows])
    chance = weights(windows)
    base, plan = chance.copy(), None
    for epoch in range(epochs):
        net.train()
        start, total = time.time(), 0.0
        batches = epoch_batches(windows, buckets, chance, rng, count)
        if plan is None:
            plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=epochs * (len(batches) + 8), pct_start=0.15)
        for number, part in enumerate(batches):
            x = torch.from_numpy(dataset.padded([windows.rows[i] for i in part], BUCKETS[buckets[part[0]]]).astype(np.int64))
            k, y = torch.from_numpy(windows.kind[part].astype(np.int64)), torch.from_numpy(windows.label[part].astype(np.int64))
            loss = torch.nn.functional.cross_entropy(net(x, k), y)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            plan.step() if plan.last_epoch < plan.total_steps - 1 else None
            total += loss.item() * len(part)
            if number % 250 == 249:
                print(f"  {number + 1} of {len(batches)} batches, {time.time() - start:.0f} s", flush=True)
        print(f"epoch {epoch + 1}: loss {total / count:.5f}, {time.time() - start:.0f} s", flush=True)
        if 0 < epoch < epochs - 1:
            attack = 1 - probabilities(net, windows, np.flatnonzero(windows.label == 0), buckets)
            hard = np.flatnonzero(windows.label == 0)[attack > 0.05]
            chance = base.copy()
            chance[hard] *= HARD
            print(f"  {len(hard)} benign windows look like attacks", flush=True)
    return net


def probabilities(net: TextNet, windows: dataset.Windows, places: np.ndarray, buckets: np.ndarray) -> np.ndarray:
    """Probability of norm of some windows, uncalibrated."""
    net.eval()
    out = np.zeros(len(windows.rows), np.float32)
    with torch.no_grad():
        for b, size in enumerate(BUCKETS):
            mine = places[buckets[places] == b]
            for start in range(0, len(mine), 1024):
                part = mine[start : start + 1024]
                x = torch.from_numpy(dataset.padded([windows.rows[i] for i in part], size).astype(np.int64))
                out[part] = torch.softmax(net(x, torch.from_numpy(windows.kind[part].astype(np.int64))), 1)[:, 0].numpy()
    return out[places]


def report_left_out(model: scoring.Model, root: Path, left_out: frozenset[str]) -> None:
    """How much of the sources left out is recognised, or wrongly taken for an attack."""
    rows = [r._replace(kind="query-value" if r.kind in ("value", "query-value") else "body-value" if r.kind == "body" else r.kind) for r in data.capped(data.payloads(root) + data.benign(root), 12) if r.source in left_out]
    rows = [r for r in rows if r.label == "norm" or (dataset.EVIDENCE[r.label].search(r.text) and not dataset.PROSE.search(r.text))]
    scores = model.texts(prepare.texts(rows))
    for key in sorted({(r.source, r.label) for r in rows}):
        mine = [s for r, s in zip(rows, scores) if (r.source, r.label) == key]
        line = ", ".join(f"{sum(s.attack >= t for s in mine) / len(mine):.4f} at {t}" for t in (0.5, 0.9, 0.99))
        print(f"{key[0]:32} {key[1]:15} {len(mine):6} rows: {line}; right class {sum(s.label == key[1] for s in mine) / len(mine):.3f}")


def main() -> None:
    """Assembles, trains, calibrates, chooses thresholds, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("--data", type=Path, default=here.parents[2] / "shared" / "data")
    parser.add_argument("--out", type=Path, default=here.parent)
    parser.add_argument("--leave-out", action="append", default=[])
    parser.add_argument("--without-dev", action="store_true", help="keep the development sites out of training, to look at them")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--drawn", type=int, default=DRAWN)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--version", default="2026-11-21.3")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    left_out = frozenset(args.leave_out)
    attacks, (benign, held_out) = dataset.attacks(args.data, left_out), dataset.corpora(args.data, left_out)
    ordinary, sites = dataset.windows(benign, 2), dataset.site_windows(args.data, "train", *(() if args.without_dev else ("dev",)))
    windows = dataset.joined(dataset.windows(attacks, 1), ordinary, sites, dataset.spliced(ordinary, sites))
    print(f"{len(windows.rows)} windows: {dict(zip(LABELS, np.bincount(windows.label).tolist()))}", flush=True)
    net = fit(windows, args.epochs, args.drawn)
    path = args.out / "text.onnx"
    if left_out:
        path = Path("/tmp/portcullis-training/left-out.onnx")
        export.write(net, 1.0, 0.0, str(path), "left-out")
        report_left_out(scoring.Model(path), args.data, left_out)
        return
    export.write(net, 1.0, 0.0, str(path), args.version)
    torch.save(net.state_dict(), "/tmp/portcullis-training/text.pt")
    chosen = thresholds.choose(scoring.Model(path), args.data, held_out)
    export.write(net, chosen.temperature, chosen.shift, str(path), args.version)
    manifest.write(args.out / "text.toml", document(path, args, windows, chosen), "The text model. Written by models/training/train_text.py; the metrics by evaluate_text.py.")


def document(path: Path, args, windows: dataset.Windows, chosen) -> dict:
    """The manifest."""
    return {
        "labels": list(LABELS),
        "kinds": list(KINDS),
        "model": manifest.model(path, args.version, [("bytes", "uint8", ["batch", "length"]), ("kind", "uint8", ["batch"])], ("probabilities", "float32", ["batch", len(LABELS)])),
        "window": {"bytes": BUCKETS[-1], "step": 192, "buckets": list(BUCKETS)},
        "thresholds": {"flag": 0.5, **chosen.refuse},
        "calibration": {"method": "temperature, then norm raised so that one half flags as many requests as wanted; inside the model", "temperature": chosen.temperature, "shift": chosen.shift, "data": "recorded requests of the selection sites, 5 % of the benign corpora and generated attacks of another seed"},
        "training": {"command": "models/training/train_text.sh", "seed": SEED, "epochs": args.epochs, "drawn_an_epoch": args.drawn, "windows": len(windows.rows), "sites": "60 % train (10 % of them left out and looked at while developing), 20 % thresholds, 20 % test, by registrable domain", "false_refusals_wanted": thresholds.WANTED},
        "metrics": {},
        "sources": manifest.sources(windows.source),
    }


if __name__ == "__main__":
    main()
