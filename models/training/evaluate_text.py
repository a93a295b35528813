"""Measures the exported text model on what it was not trained on, and writes the numbers into its manifest.

    python evaluate_text.py --data ../../../shared/data [--probes]
"""

import argparse
import tempfile
import tomllib
from collections import Counter
from pathlib import Path

import data
import manifest
import prepare
import probes
import scoring
from data import KINDS
from scoring import Model, argmax_label


def httpparams(model: Model, root: Path) -> dict:
    """F1 of each class on the published test split, by the label `classify` gives."""
    rows = data.httpparams(root, "test")
    scores = model.texts(prepare.texts(rows))
    found = [argmax_label(s) for s in scores]
    for (truth, guess), count in sorted(Counter((r.label, f) for r, f in zip(rows, found) if r.label != f).items()):
        print(f"  {truth} taken for {guess}: {count}", [r.text[:60] for r, f in zip(rows, found) if (r.label, f) == (truth, guess)][:4])
    return scoring.f1([r.label for r in rows], found)


def sites(model: Model, root: Path, thresholds: dict, part: str) -> dict:
    """Share of the requests of one part of the sites refused at each sensitivity, with the different values that did it."""
    return requests(model, [r for r in data.web_requests(root) if data.split_of_site(r.site) == part], thresholds, part == "dev")


def requests(model: Model, asked: list[data.Request], thresholds: dict, look: bool) -> dict:
    """Share of requests refused at each sensitivity, with the different values and sites that did it."""
    taken = prepare.requests(asked)
    parts = [(n, part) for n, found in enumerate(taken) for part in found]
    scores = model.texts([[part] for _, part in parts])
    result = {"requests": len(asked), "sites": len({r.site for r in asked})}
    for name in ("low", "medium", "high"):
        hit = [(n, part, s) for (n, part), s in zip(parts, scores) if s.refused(thresholds[name])]
        result[name] = {"refused": len({n for n, *_ in hit}), "share": round(len({n for n, *_ in hit}) / len(asked), 5), "values": len({part.window for _, part, _ in hit}), "sites": len({asked[n].site for n, *_ in hit})}
        if name == "medium" and look:
            for key, count in Counter((KINDS[p.kind], s.label, round(s.attack, 3), p.window[:90]) for (_, p), s in zip(parts, scores) if s.attack >= thresholds["flag"]).most_common(25):
                print("  flagged", count, *key)
        if name == "medium":
            shown = sorted({part for _, part in parts})
            asks = dict(zip(shown, model.asks(shown, model.screened(shown)).tolist()))
            result["need_network"], result["need_network_anew"] = (round(share, 5) for share in scoring.asking(taken, asks))
            result["flagged"] = round(len({n for (n, _), s in zip(parts, scores) if s.attack >= thresholds["flag"]}) / len(asked), 5)
            for key, count in Counter((KINDS[part.kind], s.label, round(s.attack, 4), part.window[:110]) for _, part, s in hit).most_common(12):
                print("  refused", count, *key)
    return result


def applications(model: Model, folder: Path, thresholds: dict) -> dict:
    """Requests of the applications left out, with and without a body."""
    asked = [r for r in data.captures(folder) if data.split_of_application(r.site) == "test"]
    result = {}
    for name, has_body in (("applications_with_body", True), ("applications_without_body", False)):
        mine = [r for r in asked if bool(r.raw.partition(b"\r\n\r\n")[2]) == has_body]
        if mine:
            result[name] = {**requests(model, mine, thresholds, False), "names": ", ".join(sorted({r.site for r in mine}))}
    return result


def csic(model: Model, root: Path, thresholds: dict) -> dict:
    """CSIC 2010, for evaluation only: share of its inputs that are flagged and refused at medium."""
    rows = [r._replace(kind={"query": "body-value", "body": "body-value"}.get(r.kind, r.kind)) for r in data.csic(root)]
    # Query strings and bodies go through as parameters do: name by name, value by value.
    split = [(n, part) for n, row in enumerate(rows) for part in pieces(row)]
    scores = model.texts(prepare.texts([part for _, part in split]))
    result = {}
    for label, name in (("norm", "normal"), ("attack-other", "anomalous")):
        mine = {n for n, row in enumerate(rows) if row.label == label}
        flagged = {n for (n, _), s in zip(split, scores) if n in mine and s.attack >= thresholds["flag"]}
        stopped = {n for (n, _), s in zip(split, scores) if n in mine and s.refused(thresholds["medium"])}
        result[name] = {"inputs": len(mine), "flagged": round(len(flagged) / len(mine), 4), "refused": round(len(stopped) / len(mine), 4)}
    return result


def pieces(row: data.Row) -> list[data.Row]:
    """The parameters of a query string or a form; a path as it is."""
    if row.kind == "path" or "=" not in row.text:
        return [row]
    return [row._replace(text=value, kind="query-value") for pair in row.text.split("&") for value in [pair.partition("=")[2]] if value] or [row]


def check_probes(model: Model, thresholds: dict) -> dict:
    """Texts written by hand: how many of each group are refused."""
    result = {}
    for group, rows in probes.PROBES.items():
        rows = [data.Row(text, label, "probe", kind) for kind, label, text in rows]
        scores = model.texts(prepare.texts(rows))
        wrong = [(r, s) for r, s in zip(rows, scores) if s.refused(thresholds["medium"]) == (r.label == "norm")]
        result[group] = f"{len(rows) - len(wrong)} of {len(rows)}"
        for row, score in wrong:
            print(f"  {group}: {score.attack:.4f} {score.label:15} {row.kind:11} {row.text[:100]!r}")
    return result


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parent
    parser.add_argument("--data", type=Path, default=here.parents[2] / "shared" / "data")
    parser.add_argument("--out", type=Path, default=here.parent)
    parser.add_argument("--dev", action="store_true", help="only the development sites, of a model trained --without-dev")
    parser.add_argument("--captures", type=Path, default=Path(tempfile.gettempdir()) / "portcullis-training" / "captures")
    args = parser.parse_args()
    path = args.out / "text.toml"
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    assert document["kinds"] == list(KINDS)
    model, thresholds = Model.shipped(path), document["thresholds"]
    if args.dev:
        print(sites(model, args.data, thresholds, "dev"))
        return
    metrics = {**document["metrics"], **applications(model, args.captures, thresholds), "httpparams_test_f1": httpparams(model, args.data), "web_requests_test_sites": sites(model, args.data, thresholds, "test"), "csic2010_evaluation_only": csic(model, args.data, thresholds), "probes_medium": check_probes(model, thresholds)}
    for name, value in metrics.items():
        print(name, value)
    document["metrics"] = metrics
    manifest.write(path, document, "The text model. Written by models/training/train_text.py; the metrics by evaluate_text.py.")


if __name__ == "__main__":
    main()
