"""Trains the model of visits and writes models/behaviour.onnx with its manifest.

    python train_behaviour.py --data ../../../shared/data

A logistic regression over four numbers computed, inside the graph, from the filter's five. Its weights cannot be
negative, so that more refusals or more login attempts never make a visit look more ordinary, and it extrapolates to
visits longer than any in the data without steps. Gradient boosting on the raw five is measured beside it.
"""

import argparse
import random
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from scipy.optimize import minimize
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold

import manifest
from data_sessions import CAP, FEATURES, Visit, access_logs, sessions

VERSION, SEED, THRESHOLD = "2026-11-21.1", 20261121, 0.5
ORDINARY = {  # must be normal
    "busy browsing: 120 requests, 10 posts, 2 refused, 3 minutes": (0, 10, 120, 2, 180_000), "the cap, nothing refused": (0, 20, 180, 0, 240_000), "one request": (0, 0, 1, 0, 0), "one missing page": (0, 0, 1, 1, 0),
    "a couple of missing pages": (0, 0, 5, 2, 4_000), "two wrong passwords": (2, 2, 8, 2, 20_000), "three wrong passwords, then in": (4, 6, 30, 3, 60_000), "the cap, nine broken images": (0, 0, 180, 9, 200_000), "the cap in two seconds": (0, 0, 180, 0, 2_000),
    "favicon and touch icons missing": (0, 0, 20, 3, 5_000), "a week in a tab": (0, 60, 120, 0, 600_000_000), "many posts of an editor": (1, 90, 110, 1, 300_000),
}
HOSTILE = {  # must be abnormal
    "80 requests, all refused": (0, 0, 80, 80, 3_000), "a scanner: 60 requests, 45 refused": (0, 5, 60, 45, 20_000), "password guessing": (40, 40, 40, 40, 9_000), "the cap, all refused": (0, 0, 180, 180, 60_000), "slow scanner": (0, 0, 30, 25, 300_000),
    "ten wrong passwords": (10, 10, 10, 10, 5_000), "far past the cap": (0, 0, 5_000, 4_000, 100_000),
}


def derived(raw: np.ndarray) -> np.ndarray:
    """log(1+refused), refused share, their product, log(1+logins); the graph computes the same."""
    x = raw.astype(np.float64)
    refused, share = np.log1p(x[:, 3]), np.minimum(x[:, 3] / np.maximum(x[:, 2], 1), 1)
    return np.stack([refused, share, refused * share, np.log1p(x[:, 0])], axis=1)


def joined(visits: list[Visit], count: int, rng: random.Random) -> list[tuple[int, ...]]:
    """Longer ordinary visits: two to eight ordinary ones one after another, up to the cap of requests."""
    made = []
    while len(made) < count:
        total = np.sum([v.values for v in rng.choices(visits, k=rng.randint(2, 8))], axis=0)
        if total[2] <= CAP:
            made.append(tuple(int(n) for n in total))
    return made


def fit(raw: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weights, then the bias; weights at least zero."""
    x = np.hstack([derived(raw), np.ones((len(raw), 1))])

    def loss(w):
        z = x @ w
        p = 1 / (1 + np.exp(-z))
        value = (weight * (np.logaddexp(0, z) - y * z)).sum() + 0.5 * (w[:-1] ** 2).sum()
        return value, x.T @ (weight * (p - y)) + np.append(w[:-1], 0)

    return minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", bounds=[(0, None)] * 4 + [(None, None)]).x


def train(visits: list[Visit]) -> np.ndarray:
    """Fits on visits and on ordinary visits joined; abnormal and normal weigh the same."""
    rng = random.Random(SEED)
    normal = [v for v in visits if v.tool == "normal"]
    raw = [v.values for v in visits] + joined(normal, len(normal), rng)
    y = np.array([v.tool != "normal" for v in visits] + [False] * len(normal), float)
    weight = np.where(y == 1, 0.5 * len(y) / y.sum(), 0.5 * len(y) / (len(y) - y.sum()))
    return fit(np.array(raw), y, weight)


def probability(w: np.ndarray, values) -> np.ndarray:
    """Probability of abnormal."""
    return 1 / (1 + np.exp(-(derived(np.array(values)) @ w[:-1] + w[-1])))


def scores(predicted: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Recall of abnormal, false alarms among normal, macro-F1."""
    hit, alarm, missed = (predicted & y).sum(), (predicted & ~y).sum(), (~predicted & y).sum()
    quiet = (~predicted & ~y).sum()
    f1 = (2 * hit / (2 * hit + alarm + missed) + 2 * quiet / (2 * quiet + alarm + missed)) / 2
    shares = {"recall": hit / max(y.sum(), 1), "false_alarms": alarm / max((~y).sum(), 1), "macro_f1": f1}
    return {name: round(float(value), 4) for name, value in shares.items()}


def cross_validated(visits: list[Visit]) -> dict[str, dict]:
    """Five folds by client, this model and boosting on the raw features."""
    raw, y = np.array([v.values for v in visits]), np.array([v.tool != "normal" for v in visits])
    ours, boosted = np.zeros(len(y), bool), np.zeros(len(y), bool)
    for learn, test in GroupKFold(5).split(raw, y, [v.client for v in visits]):
        ours[test] = probability(train([visits[i] for i in learn]), raw[test]) >= THRESHOLD
        trees = HistGradientBoostingClassifier(random_state=SEED, monotonic_cst=[1, 0, 0, 1, 0]).fit(raw[learn], y[learn])
        boosted[test] = trees.predict(raw[test])
    return {"grouped_by_client": scores(ours, y), "boosting_grouped_by_client": scores(boosted, y)}


def tools_left_out(visits: list[Visit]) -> dict[str, dict]:
    """Each attack tool left out in turn, tested with a fifth of the normal clients that are left out too."""
    found = {}
    clients = sorted({v.client for v in visits if v.tool == "normal"})
    random.Random(SEED).shuffle(clients)
    kept_out = set(clients[: len(clients) // 5])
    for tool in ("zap", "hydra", "hulk", "loic"):
        test = [v for v in visits if v.tool == tool or (v.tool == "normal" and v.client in kept_out)]
        learn = [v for v in visits if v.tool != tool and not (v.tool == "normal" and v.client in kept_out)]
        found[tool] = scores(probability(train(learn), [v.values for v in test]) >= THRESHOLD, np.array([v.tool == tool for v in test]))
    return found


def on_access_logs(w: np.ndarray, root: Path) -> dict[str, str]:
    """Share of visits, and of clients with one, that are abnormal in the access logs, by weak label."""
    found = {}
    visits = access_logs(root)
    for label in ("attack", "normal", "bot", "unknown"):
        mine = [v for v, l in visits if l == label]
        bad = [v for v, p in zip(mine, probability(w, [v.values for v in mine])) if p >= THRESHOLD]
        found[label] = f"{len(bad)} of {len(mine)} visits, {len({v.client for v in bad})} of {len({v.client for v in mine})} clients"
    return found


def write(w: np.ndarray, path: Path) -> None:
    """The graph: derived features, the regression, a sigmoid."""
    f32, i64 = (lambda *v: np.array(v, np.float32)), (lambda *v: np.array(v, np.int64))
    constants = {"logins_at": i64(0), "requests_at": i64(2), "refused_at": i64(3), "one": f32(1), "weights": w[:-1].astype(np.float32)[:, None], "bias": f32(w[-1])}
    nodes = [
        ("Gather", ["features", "logins_at"], "logins", {"axis": 1}), ("Gather", ["features", "requests_at"], "requests", {"axis": 1}), ("Gather", ["features", "refused_at"], "refused", {"axis": 1}),
        ("Add", ["refused", "one"], "refused_1", {}), ("Log", ["refused_1"], "refused_log", {}), ("Max", ["requests", "one"], "requests_1", {}), ("Div", ["refused", "requests_1"], "ratio", {}), ("Min", ["ratio", "one"], "share", {}),
        ("Mul", ["refused_log", "share"], "product", {}), ("Add", ["logins", "one"], "logins_1", {}), ("Log", ["logins_1"], "logins_log", {}), ("Concat", ["refused_log", "share", "product", "logins_log"], "derived", {"axis": 1}),
        ("MatMul", ["derived", "weights"], "weighted", {}), ("Add", ["weighted", "bias"], "logit", {}), ("Sigmoid", ["logit"], "abnormal", {}),
    ]
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, [output], **attributes) for kind, inputs, output, attributes in nodes], "behaviour",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", len(FEATURES)])], [helper.make_tensor_value_info("abnormal", TensorProto.FLOAT, ["batch", 1])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="portcullis")
    model.ir_version = 9
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def main() -> None:
    """Trains, measures, checks that it is sane, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("--data", type=Path, default=here.parents[2] / "shared" / "data")
    parser.add_argument("--out", type=Path, default=here.parent)
    args = parser.parse_args()
    visits = sessions(args.data)
    w = train(visits)
    print("weights", dict(zip(("log_refused", "share", "product", "log_logins", "bias"), w.round(3).tolist())))
    metrics = cross_validated(visits) | {"tool_left_out": tools_left_out(visits), "access_logs": on_access_logs(w, args.data)}
    for name, value in metrics.items():
        print(name, value)
    for wanted, cases in ((False, ORDINARY), (True, HOSTILE)):
        for name, values in cases.items():
            p = float(probability(w, [values])[0])
            print(f"{p:.3f} {name}")
            if (p >= THRESHOLD) != wanted:
                raise SystemExit(f"not sane: {name} has probability {p:.3f}")
    path = args.out / "behaviour.onnx"
    write(w, path)
    normal = sum(v.tool == "normal" for v in visits)
    document = {
        "model": manifest.model(path, VERSION, [("features", "float32", ["batch", len(FEATURES)])], ("abnormal", "float32", ["batch", 1])),
        "features": list(FEATURES), "threshold": THRESHOLD,
        "sources": [{"name": "kosletr/SessionBehaviorClassifierAPI session CSVs (about 80 %, by hash)", "licence": "MIT", "rows": len(visits)}],
        "training": {"command": "python models/training/train_behaviour.py", "seed": SEED, "normal": normal, "abnormal": len(visits) - normal, "joined_normal": normal, "note": "logistic regression, weights not negative, on log(1+4xx), 4xx share, their product, log(1+logins); posts and duration are not used"},
        "metrics": metrics,
    }
    manifest.write(args.out / "behaviour.toml", document, "The model of visits: five numbers in, probability of abnormal out. Written by models/training/train_behaviour.py.")


if __name__ == "__main__":
    main()
