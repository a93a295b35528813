"""Trains an anomaly detector on one's own ordinary visits alone, for those with no labels, and writes it as a behaviour model.

    portcullis export sessions --config portcullis.toml --out visits.jsonl      # collected with behaviour.use_models = false
    python train_anomaly.py --visits visits.jsonl --out FOLDER                  # writes FOLDER/behaviour.onnx and .toml

FOLDER beside a copy of text.onnx and text.toml is then `model.dir`. For each feature the logarithm's distance above the
median of the ordinary visits, in robust deviations; the mean of the three largest is the anomaly score. Only what is higher
than usual counts, of features of which more is suspicious. The score that becomes 0.5 is the one that `--share` of the
ordinary visits pass. A tenth of visits that are none (scanners come to every site) does little harm: medians bear it.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import manifest
from network_visits import Graph

FEATURES = ("numOfLoginAttempts", "numOfReqs", "sesCodes4xx", "requestRate", "burst", "distinctPaths", "share4xx", "errorBurst", "missingHeaders", "loginFailures")
FLOORS = (0.35, 0.8, 0.4, 0.5, 0.5, 0.5, 0.08, 0.35, 0.2, 0.35)
"""A feature that hardly ever differs still deviates by so much, in logarithms: one wrong password is no anomaly."""
LARGEST, VERSION, SLOPE = 3, "own.1", 2.0


def rows(path: Path) -> tuple[np.ndarray, list[dict]]:
    """Features of exported visits, and the visits."""
    with path.open(encoding="utf-8") as lines:
        visits = [json.loads(line) for line in lines]
    return np.array([[float(visit[name] or 0) for name in FEATURES] for visit in visits]), visits


def fit(raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre and deviation of each feature's logarithm."""
    logs = np.log1p(raw)
    centre = np.median(logs, axis=0)
    deviation = 1.4826 * np.median(np.abs(logs - centre), axis=0)
    return centre, np.maximum(deviation, FLOORS)


def scores(raw: np.ndarray, centre: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Anomaly scores; the higher, the more abnormal."""
    above = np.maximum((np.log1p(raw) - centre) / deviation, 0)
    return np.sort(above, axis=1)[:, -LARGEST:].mean(axis=1)


def write(centre: np.ndarray, deviation: np.ndarray, path: Path) -> None:
    """The same as a graph."""
    g = Graph(len(FEATURES))
    above = g.node("Div", g.node("Sub", g.log1p("features"), g.constant(centre[None, :])), g.constant(deviation[None, :]))
    largest = g.node("TopK", g.node("Relu", above), g.constant([LARGEST], np.int64), axis=1, outputs=2)
    g.save(path, g.node("ReduceMean", largest, axes=[1], keepdims=1), "anomaly")


def measured(raw: np.ndarray, visits: list[dict], share: float) -> dict:
    """With labels, as the collected visits have: learnt from half of the personas' visits, judged on the others and the tools."""
    persona = np.array([visit.get("kind") == "persona" for visit in visits])
    half = np.array([int(visit["sessionID"][-4:], 16) % 2 == 0 for visit in visits])
    centre, deviation = fit(raw[persona & half])
    limit = np.quantile(scores(raw[persona & half], centre, deviation), 1 - share)
    bad = scores(raw, centre, deviation) > limit
    found = {"false_alarms": round(float(bad[persona & ~half].mean()), 4)}
    for name in sorted({visit["who"] for visit in visits if visit["kind"] == "tool"}):
        mine = np.array([visit["who"] == name for visit in visits]) & (raw[:, 1] >= 10)
        found[name] = round(float(bad[mine].mean()), 4) if mine.any() else 0.0
    return found


def main() -> None:
    """Trains on every visit, or on the personas' where there are labels; measures where there are; writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.002)
    args = parser.parse_args()
    raw, visits = rows(args.visits)
    labelled = "kind" in visits[0]
    metrics = measured(raw, visits, args.share) if labelled else {}
    print(metrics or "no labels: nothing to measure with")
    ordinary = raw[[visit["kind"] == "persona" for visit in visits]] if labelled else raw
    centre, deviation = fit(ordinary)
    limit = float(np.quantile(scores(ordinary, centre, deviation), 1 - args.share))
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "behaviour.onnx"
    write(centre, deviation, path)
    document = {
        "model": manifest.model(path, VERSION, [("features", "float32", ["batch", len(FEATURES)])], ("anomaly", "float32", ["batch", 1])),
        "kind": "anomaly", "features": list(FEATURES), "medians": [float(m) for m in np.expm1(centre)], "threshold": 0.5, "early_threshold": 0.8,
        "sources": [{"name": "own visits", "licence": "own", "rows": len(ordinary)}],
        "reading": {"form": "anomaly-score", "higher": "abnormal", "centre": limit, "slope": SLOPE},
        "training": {"command": "python models/training/train_anomaly.py", "share": args.share}, "metrics": metrics,
    }
    manifest.write(args.out / "behaviour.toml", document, "Anomaly detector of visits, learnt from ordinary ones alone. Written by models/training/train_anomaly.py.")


if __name__ == "__main__":
    main()
