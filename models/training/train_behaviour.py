"""Trains the model of visits and writes models/behaviour.onnx with its manifest.

    python train_behaviour.py --data ../../../shared/data --visits VISITS.jsonl ...

VISITS are files of tests/shows/collect.py. The model is a logistic regression without negative weights over evidence
derived in the graph (`network_visits.py`). It is trained on the collected visits, on the session CSVs and on the visits
of access logs together; what the latter two do not have is 0 in them. Boosted trees are measured beside it.
"""

import argparse
import random
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedGroupKFold

import manifest
from data_sessions import CAP, FEATURES, access_logs, collected, sessions
from network_visits import AT_ONCE_BARE, DERIVED, fit, probability, write

VERSION, SEED, THRESHOLD, RIDGE, REPEATS = "2026-11-21.3", 20261121, 0.52, 0.01, 5
EARLY_THRESHOLD, FIRST_MILESTONE, LOG_ATTACK = 0.7, 10, 10
FLOODS = ("ab", "siege")
ORDINARY = {  # must be normal
    "busy browsing: 120 requests, 10 posts, 2 refused, 3 minutes": (0, 10, 120, 2, 180_000), "the cap, nothing refused": (0, 20, 180, 0, 240_000), "one request": (0, 0, 1, 0, 0), "one missing page": (0, 0, 1, 1, 0),
    "a couple of missing pages": (0, 0, 5, 2, 4_000), "two wrong passwords": (2, 2, 8, 2, 20_000), "three wrong passwords, then in": (4, 6, 30, 3, 60_000), "the cap, nine broken images": (0, 0, 180, 9, 200_000, 30, 0, 0, 0.8),
    "the cap in four seconds, mostly files": (0, 0, 180, 0, 4_000, 90, 0, 0, 0.9), "favicon and touch icons missing": (0, 0, 20, 3, 5_000), "a week in a tab": (0, 60, 120, 0, 600_000_000), "many posts of an editor": (1, 90, 110, 1, 300_000),
    "an API client, five a second": (0, 40, 180, 2, 36_000, 2, 1, 1, 0), "a crawler at a site with dead links": (0, 0, 180, 18, 180_000, 150, 2, 1, 0), "a page that makes 40 calls as it opens": (0, 0, 45, 0, 900, 12, 0, 0, 0.1),
    "one page with four broken pictures": (0, 0, 12, 4, 300, 12, 0, 0, 0.8),
    "a program's job of 24 requests at once": (0, 0, 24, 0, 120, 8, 0, 2, 0), "a loop of 25 requests": (0, 0, 25, 0, 60, 1, 0, 3, 0), "two logins and a missing page by script": (2, 2, 3, 1, 6, 3, 1, 1, 0),
}
HOSTILE = {  # must be abnormal
    "80 requests, all refused": (0, 0, 80, 80, 3_000), "a scanner: 60 requests, 45 refused": (0, 5, 60, 45, 20_000), "password guessing": (40, 40, 40, 40, 9_000), "the cap, all refused": (0, 0, 180, 180, 60_000), "slow scanner": (0, 0, 30, 25, 300_000),
    "ten wrong passwords": (10, 10, 10, 10, 5_000), "far past the cap": (0, 0, 5_000, 4_000, 100_000), "a flood": (0, 0, 180, 0, 700, 1, 0, 2, 0), "a slow scanner of paths": (0, 0, 30, 30, 60_000, 30, 30, 2, 0),
}


class Visits(NamedTuple):
    """Rows of features; whether abnormal; what made each; its client; whether the filter refused an attack in it."""

    raw: np.ndarray
    y: np.ndarray
    maker: np.ndarray
    client: np.ndarray
    text: np.ndarray

    def of(self, which: np.ndarray) -> "Visits":
        return Visits(*(column[which] for column in self))


def load(data: Path, files: list[Path]) -> Visits:
    """All there is, but for what nobody could judge: visits cut short before a flood is one, and, as labels of access logs
    are by client, attackers' visits of a few requests in those."""
    rows = [(v.values, v.tool != "normal", f"csv {v.tool}", v.client, False) for v in sessions(data)]
    rows += [(v.values, kind == "tool", v.tool, v.client, v.text) for v, kind in collected(files) if v.tool not in FLOODS or v.values[2] > AT_ONCE_BARE]
    for v, label in access_logs(data):
        if label in ("normal", "bot") or label == "attack" and v.values[2] >= LOG_ATTACK:
            rows.append((v.values, label == "attack", f"log {v.tool.split('_')[1].split('.')[0] if label == 'attack' else label}", v.client, False))
    raw, y, maker, client, text = zip(*rows)
    return Visits(np.array(raw, float), np.array(y), np.array(maker), np.array(client), np.array(text))


def joined(raw: np.ndarray, rng: random.Random) -> np.ndarray:
    """As many longer ordinary visits: two to eight ordinary ones one after another, up to the cap of requests."""
    made = []
    while len(made) < len(raw):
        parts = raw[rng.sample(range(len(raw)), rng.randint(2, 8))]
        whole = parts.sum(axis=0)
        if whole[2] <= CAP:
            # Paths and errors in a row of the longest, headers on average, files by their number.
            whole[5:] = parts[:, 5].max(), parts[:, 6].max(), parts[:, 7].mean(), (parts[:, 8] * parts[:, 2]).sum() / whole[2]
            made.append(whole)
    return np.array(made)


def slowed(raw: np.ndarray, rng: random.Random) -> np.ndarray:
    """Visits of many refusals once more, as a patient attacker makes them: 5 to 50 times as long."""
    made = raw[(raw[:, 3] >= 10) & (raw[:, 3] >= 0.7 * raw[:, 2])].copy()
    made[:, 4] *= [rng.uniform(5, 50) for _ in made]
    return made


def train(visits: Visits) -> np.ndarray:
    """Abnormal and normal weigh the same; within them each maker by the root of its visits."""
    rng = random.Random(SEED)
    longer, slower = joined(visits.raw[visits.maker == "csv normal"], rng), slowed(visits.raw[visits.y], rng)
    raw = np.vstack([visits.raw, longer, slower])
    y = np.concatenate([visits.y, [False] * len(longer), [True] * len(slower)])
    maker = np.concatenate([visits.maker, ["joined"] * len(longer), ["slowed"] * len(slower)])
    counts = Counter(maker.tolist())
    weight = np.array([counts[name] ** -0.5 for name in maker.tolist()])
    for side in (y, ~y):
        weight[side] *= len(y) / 2 / weight[side].sum()
    return fit(raw, y.astype(float), weight, RIDGE)


def shares(predicted: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Recall of abnormal, false alarms among normal."""
    return {"recall": round(float(predicted[y].mean()), 4), "false_alarms": round(float(predicted[~y].mean()), 4)}


def cross_validated(visits: Visits) -> dict[str, dict]:
    """The session CSVs in five folds by client, repeated; the other data are always learnt from. Means of the repeats."""
    ours = np.char.startswith(visits.maker, "csv ")
    csvs, others = visits.of(ours), visits.of(~ours)
    found = {"model": [], "boosted": []}
    for repeat in range(REPEATS):
        predicted, trees = np.zeros(len(csvs.y), bool), np.zeros(len(csvs.y), bool)
        for learn, test in StratifiedGroupKFold(5, shuffle=True, random_state=repeat).split(csvs.raw, csvs.y, csvs.client):
            both = Visits(*(np.append(a, b, axis=0) for a, b in zip(csvs.of(learn), others)))
            predicted[test] = probability(train(both), csvs.raw[test]) >= THRESHOLD
            boosted = HistGradientBoostingClassifier(random_state=SEED, max_iter=50).fit(csvs.raw[learn, :5], csvs.y[learn])
            trees[test] = boosted.predict(csvs.raw[test, :5])
        found["model"].append(shares(predicted, csvs.y))
        found["boosted"].append(shares(trees, csvs.y))
    found = {name: {key: round(float(np.mean([one[key] for one in each])), 4) for key in each[0]} for name, each in found.items()}
    return found | {"rule_4xx_5": shares(csvs.raw[:, 3] >= 5, csvs.y)}


def left_out(visits: Visits) -> tuple[dict[str, dict], dict[str, dict]]:
    """Each tool, then each persona, left out of training in turn and judged."""
    tools, personas = {}, {}
    for name in sorted(set(visits.maker.tolist())):
        # A tool that stands in two sources is left out of both.
        same = np.isin(visits.maker, [name, f"csv {name}", name.removeprefix("csv ")])
        if name.startswith("log ") and not visits.y[visits.maker == name].any() or name == "csv normal":
            continue
        test = visits.of(visits.maker == name)
        score = probability(train(visits.of(~same)), test.raw)
        bad = score >= THRESHOLD
        if test.y.any():
            long = test.raw[:, 2] >= FIRST_MILESTONE
            judged = bad | test.text
            tools[name] = {"visits": len(bad), "recall": round(float(bad.mean()), 4), "of_10_requests": round(float(bad[long].mean()), 4) if long.any() else 0.0, "with_text": round(float(judged.mean()), 4)}
        else:
            personas[name] = {"visits": len(bad), "abnormal": int(bad.sum()), "early": int((score >= EARLY_THRESHOLD).sum()), "text": int(test.text.sum())}
    return tools, personas


def another_time(data: Path, files: list[Path]) -> dict[str, dict]:
    """Learnt without the last collection, judged on that."""
    if len(files) < 2:
        return {}
    w, last = train(load(data, files[:-1])), load(data, files[-1:])
    last = last.of(~np.char.startswith(last.maker, "csv ") & ~np.char.startswith(last.maker, "log "))
    bad = probability(w, last.raw) >= THRESHOLD
    real, tools = np.char.startswith(last.maker, "chromium"), last.y
    count = lambda which: {"visits": int(which.sum()), "abnormal": int(bad[which].sum()), "with_text": int((bad | last.text)[which].sum())}
    return {"tools": count(tools), "tools_of_10_requests": count(tools & (last.raw[:, 2] >= FIRST_MILESTONE)), "personas": count(~tools), "of_them_real_browsing": count(real)}


def on_access_logs(w: np.ndarray, data: Path) -> dict[str, str]:
    """Visits, and clients with one, that are abnormal in the access logs, by weak label; the model has learnt from them."""
    found, visits = {}, access_logs(data)
    for label in ("attack", "normal", "bot", "unknown"):
        mine = [v for v, l in visits if l == label]
        bad = [v for v, p in zip(mine, probability(w, [v.values for v in mine])) if p >= THRESHOLD]
        found[label] = f"{len(bad)} of {len(mine)} visits, {len({v.client for v in bad})} of {len({v.client for v in mine})} clients"
    return found


def check(w: np.ndarray) -> None:
    """Ends the training when a plain case is judged wrong, an ordinary one even early."""
    for hostile, cases in ((False, ORDINARY), (True, HOSTILE)):
        for name, values in cases.items():
            p = float(probability(w, [tuple(values) + (0,) * (len(FEATURES) - len(values))])[0])
            print(f"{p:.3f} {name}")
            if (p >= THRESHOLD) != hostile:
                raise SystemExit(f"not sane: {name} has probability {p:.3f}")


def main() -> None:
    """Trains, measures, checks that it is sane, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("--data", type=Path, default=here.parents[2] / "shared" / "data")
    parser.add_argument("--visits", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, default=here.parent)
    args = parser.parse_args()
    visits = load(args.data, args.visits)
    w = train(visits)
    print("weights", dict(zip((*DERIVED, "bias"), w.round(3).tolist())))
    tools, personas = left_out(visits)
    people = sum(one["visits"] for one in personas.values())
    metrics = {"csv_grouped_by_client": cross_validated(visits), "tool_left_out": tools, "persona_left_out": personas,
               "another_collection": another_time(args.data, args.visits), "access_logs": on_access_logs(w, args.data), "personas_abnormal": round(sum(one["abnormal"] for one in personas.values()) / people, 5)}
    for name, value in metrics.items():
        print(name, *(value.items() if isinstance(value, dict) else [value]), sep="\n  ")
    check(w)
    save(w, visits, metrics, args.out)


def save(w: np.ndarray, visits: Visits, metrics: dict, out: Path) -> None:
    """The graph and its manifest."""
    path = out / "behaviour.onnx"
    write(w, path)
    csvs, logs = np.char.startswith(visits.maker, "csv "), np.char.startswith(visits.maker, "log ")
    ordinary = visits.raw[~visits.y & ~csvs & ~logs]
    document = {
        "model": manifest.model(path, VERSION, [("features", "float32", ["batch", len(FEATURES)])], ("abnormal", "float32", ["batch", 1])),
        "features": list(FEATURES), "medians": [round(float(m), 3) for m in np.median(ordinary, axis=0)], "threshold": THRESHOLD, "early_threshold": EARLY_THRESHOLD,
        "sources": [{"name": "visits at the demo site, tests/shows/collect.py", "licence": "MIT (our own)", "rows": int((~csvs & ~logs).sum())},
                    {"name": "kosletr/SessionBehaviorClassifierAPI session CSVs (about 80 %, by hash)", "licence": "MIT", "rows": int(csvs.sum())},
                    {"name": "access logs: elastic/examples (Apache-2.0), ocatak/apache-http-logs (none), secrepo.com (CC BY 4.0)", "licence": "see the data's README; not shipped", "rows": int(logs.sum())}],
        "training": {"command": "python models/training/train_behaviour.py --visits VISITS.jsonl", "seed": SEED, "normal": int((~visits.y).sum()), "abnormal": int(visits.y.sum()), "joined_normal": int((visits.maker == "csv normal").sum()), "slowed_abnormal": len(slowed(visits.raw[visits.y], random.Random(SEED))),
                     "note": f"logistic regression, weights not negative, on {', '.join(DERIVED)}"},
        "metrics": metrics,
    }
    manifest.write(out / "behaviour.toml", document, "The model of visits: nine numbers in, probability of abnormal out. Written by models/training/train_behaviour.py.")


if __name__ == "__main__":
    main()
