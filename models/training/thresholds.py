"""Joins screen and network and chooses thresholds, on sites, applications and texts used for nothing else."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

import dataset
import prepare
import scoring
import screen
from data import LABELS, Row
from gate import Gate
from network import BUCKETS
from prepare import Part
from scoring import Joint, Model, network_logits

LOST = ((0.002, 0.001, 0.003, 0.005), (0.0005, 0.0007, 0.001, 0.002), (0.0005, 0.0005, 0.0005, 0.001), (0.0005, 0.0005, 0.0005, 0.001), (0.0015, 0.0025, 0.003, 0.004))
"""Share of the attacks known to the networks that the screen may lose, and each network of the gate of those that come so far, by the length of the window. Where a screen that no payload list had trained lost 0.5 % of generated attacks, it lost 9.5 % of those of the lists; a gate lost 0.4 %. So the screen may lose little; it is at windows of full length that it loses most, where with 0.012 half as many windows of ordinary prose reach the gate (2 instead of 4 in a hundred), but one to two in a hundred more of the attacks in front of 10 KiB of letters or of prose are missed. The gate's last network decides, by the mean of all; the others may lose hardly anything, as they only spare the later ones. Chosen of some fifteen, with the threshold sites, the texts typed by hand and the seventh and eighth hand's in view: of attacks that the networks know by themselves 65 of these three are lost, 102 with the pair and the bounds before, and 3.3 % of the threshold sites' requests have a window that none before had sent on, instead of 2.3."""
FLAGGED = 3.0
"""How many times the share of texts of each group that may be refused may have a score of one half or more, by class."""
HIGHEST = 3.0
"""The highest bound there is, whatever the attacks at hand say."""
HOT = 0.05
"""From this score on a window makes a text one with others that have it."""
WANTED = {"low": 0.45, "medium": 0.9, "high": 3.0}
"""Share of those refused, in each group's own measure."""
FLOORS = {"low": 0.9, "medium": 0.7, "high": 0.5}
"""From which score on anything is refused."""
APART = {"cmdi": 0.15, "crlf": 0.1}
"""How much higher the floor of a class is: what developers and administrators type is full of commands, and logs and telemetry quote lines of headers."""


class Group(NamedTuple):
    """Benign texts or requests of one sort, as windows, and the share of them that may be refused."""

    name: str
    texts: list[list[Part]]
    wanted: float

    def asked(self, model: Model) -> list[Part]:
        """The different windows of which the model asks its networks."""
        parts = prepare.distinct(self.texts)
        return [part for part, asks in zip(parts, model.asks(parts, model.screened(parts))) if asks]


class Chosen(NamedTuple):
    """From which scores on something is refused, by sensitivity, and how much that is."""

    refuse: dict[str, dict[str, float]]
    report: dict


def attacks_of(seed: int, left_out: frozenset[str], count: int) -> list[Row]:
    """Generated attacks of another seed, so many of each class."""
    return [row for label in dataset.GENERATED for row in dataset.generated(label, seed, count, left_out)]


def positives(seed: int, left_out: frozenset[str], count: int = 1200) -> list[tuple[str, list[Part]]]:
    """Generated attacks of another seed, each with its label."""
    rows = attacks_of(seed, left_out, count)
    return [(row.label, parts) for row, parts in zip(rows, prepare.texts(rows)) if parts]


def amid(seed: int, left_out: frozenset[str], ordinary: list[Row], count: int = 500) -> list[list[Part]]:
    """Generated attacks of another seed amid ordinary texts and junk: the windows that hold each."""
    rows = attacks_of(seed, left_out, count)
    return [holding for _, holding, _ in dataset.held(dataset.embedded(rows, ordinary, 2 * len(rows), seed)) if holding]


def choose(model: Model, groups: list[Group], attacks: list[tuple[str, list[Part]]]) -> Chosen:
    """Thresholds of a model without them, which has gate and bounds and is given the rest of its joint and its offsets."""
    joined(model, groups, attacks)
    benign = [(group, decisions(worst(model, group.texts))) for group in groups]
    truth = [{label: score for label, (score, _) in text.items()} for text in worst(model, [parts for _, parts in attacks])]
    refuse, report = {}, {}
    for name in WANTED:
        refuse[name] = searched(benign, truth, WANTED[name], FLOORS[name])
        shares = {group.name: round(float(np.mean([is_refused(t, refuse[name]) for t in texts])), 6) for group, texts in benign}
        recall = {label: round(float(np.mean([is_refused(t, refuse[name]) for t, (l, _) in zip(truth, attacks) if l == label])), 4) for label in LABELS[1:] if any(l == label for l, _ in attacks)}
        report[name] = {"refused": shares, "recall_of_generated": recall}
        print(name, refuse[name], report[name], flush=True)
    return Chosen(refuse, report)


class Known(NamedTuple):
    """Attacks, what the screen says of their windows and which of them the networks take for one."""

    texts: list[list[Part]]
    flat: list[Part]
    first: np.ndarray
    sure: np.ndarray

    @classmethod
    def to(cls, model: Model, texts: list[list[Part]]) -> "Known":
        """Those of these texts."""
        flat = prepare.distinct(texts)
        return cls(texts, flat, model.screened(flat), 1 - model.probabilities(flat)[:, 0] > 0.9)

    def asked(self, model: Model) -> list[list[Part]]:
        """Of each attack the windows that it is known by and that the model asks its networks of; without those that have none."""
        wanted = {part for part, asks, sure in zip(self.flat, model.asks(self.flat, self.first), self.sure) if asks and sure}
        return [found for parts in self.texts if (found := [part for part in parts if part in wanted])]


def bounded(gate: Gate, attacks: Known) -> Joint:
    """From which logit of the screen, and of each network of the gate, on windows of each length pass, so that few attacks that the network knows are lost; then the network alone decides."""
    flat, rows = attacks.flat, [part.window for part in attacks.flat]
    anyway = screen.signed(rows)
    said = np.concatenate([np.where(screen.brief(rows), np.inf, attacks.first)[:, None], gate.logits(rows, *scoring.columns(flat))], axis=1)
    said[anyway] = np.inf
    at, length = {part: i for i, part in enumerate(flat)}, scoring.buckets_of(flat)
    alive = [[i for part in parts if attacks.sure[i := at[part]]] for parts in attacks.texts]
    found = []
    for stage, lost in enumerate(LOST):
        # Of each attack the window that looks it most, among those of its length.
        best = [max(places, key=lambda i: said[i, stage]) for places in alive if places]
        bounds = [lowest([said[i, stage] for i in best if length[i] == bucket], lost[bucket]) for bucket in range(len(BUCKETS))]
        found.append(tuple(round(float(bound), 5) for bound in bounds))
        alive = [[i for i in places if said[i, stage] >= found[stage][length[i]]] for places in alive]
    return Joint(found[0], tuple(found[1:]), 0.25, 1.0, 0.0, 0.0)


def joined(model: Model, groups: list[Group], attacks: list[tuple[str, list[Part]]]) -> None:
    """How screen and network are summed, in a model that knows when the network is asked."""
    benign = prepare.distinct(parts for group in groups for parts in group.texts)
    first = dict(zip(benign, model.screened(benign).tolist()))
    flat = prepare.distinct(parts for _, parts in attacks)
    of_attacks = dict(zip(flat, model.screened(flat).tolist()))
    asked = dict(zip(benign, model.asks(benign, np.array([first[part] for part in benign])).tolist()))
    for group in groups:
        alone, anew = scoring.asking(group.texts, asked)
        print(f"{group.name}: {alone:.3%} need the network, {anew:.3%} anew (from {model.joint.pass_from} of the screen, {model.joint.gate_from} of the gate)", flush=True)
    # The attack's own window, not what stands around it.
    hits = [max(parts, key=lambda part: of_attacks[part]) for _, parts in attacks]
    hits = [part for part, ask in zip(hits, model.asks(hits, np.array([of_attacks[part] for part in hits]))) if ask]
    misses = [part for part in benign if asked[part]]
    x = np.stack([network_logits(model.probabilities(misses + hits)), np.array([first[p] for p in misses] + [of_attacks[p] for p in hits])], 1)
    y = np.array([0] * len(misses) + [1] * len(hits))
    weight = np.where(y == 0, 0.5 / max(1, len(misses)), 0.5 / len(hits))

    def loss(w: np.ndarray) -> float:
        z = x @ w[:2] + w[2]
        return float((weight * (np.logaddexp(0, z) - y * z)).sum() + 1e-3 * (w[1] ** 2))

    network, share, shift = minimize(loss, np.array([0.8, 0.2, 0.0]), method="Nelder-Mead", options={"maxiter": 2000}).x
    print(f"joint: network {network:.3f}, screen {share:.3f}, shift {shift:.3f}; {len(misses)} of {len(benign)} benign windows passed", flush=True)
    network, share, shift = (round(float(v), 5) for v in (network, share, shift))
    model.joint = model.joint._replace(network=network, weight=share, shift=shift)
    lift(model, groups)
    for _ in range(3):
        lower(model, groups)
    print("offsets", {label: round(float(v), 2) for label, v in zip(LABELS, model.offsets)}, flush=True)


def lowest(logits: list[float], lost: float) -> float:
    """The logit below which this share of attacks stays."""
    logits = sorted(logits)
    return min(logits[int(lost * len(logits))], HIGHEST) if logits else HIGHEST


def lift(model: Model, groups: list[Group]) -> None:
    """Raises all scores alike until one half flags as many texts of some group as wanted of all classes but the one that does so first, which is lowered by itself, where it flagged fewer."""
    found = [(group, decisions(worst(model, group.texts))) for group in groups]
    highest = sorted(limit_of(label, found, model.joint.pass_cap) for label in LABELS[1:])[-2]
    step = max(0.0, float(-np.log(highest / (1 - highest))))
    print(f"raised by {step:.2f}", flush=True)
    model.joint = model.joint._replace(shift=round(model.joint.shift + step, 5))


def lower(model: Model, groups: list[Group]) -> None:
    """Lowers each class until one half flags as few texts of each group as wanted."""
    found = [(group, decisions(worst(model, group.texts))) for group in groups]
    for number, label in enumerate(LABELS[1:], 1):
        highest = limit_of(label, found, 0.0)
        model.offsets[number] += max(0.0, float(np.log(highest / (1 - highest))) / model.joint.network)


def limit_of(label: str, found: list[tuple[Group, list[dict[str, float]]]], without: float) -> float:
    """The score of a class that one half must not be below, for as few texts of each group to be flagged as wanted; `without` is that of a text that has none of it."""
    return max(limit([text.get(label, without) for text in texts], group.wanted * FLAGGED) for group, texts in found)


def worst(model: Model, texts: list[list[Part]]) -> list[dict[str, tuple[float, int]]]:
    """Of each text, for each class that is the best of a window, the highest probability of attack and the number of that window."""
    distinct = {part: i for i, part in enumerate(dict.fromkeys(part for parts in texts for part in parts))}
    attack, label = model.judge(list(distinct))
    found = []
    for parts in texts:
        highest: dict[str, tuple[float, int]] = {}
        for part in parts:
            i = distinct[part]
            name = LABELS[label[i]]
            highest[name] = max(highest.get(name, (0.0, -1)), (float(attack[i]), i))
        found.append(highest)
    return found


def decisions(found: list[dict[str, tuple[float, int]]]) -> list[dict[str, float]]:
    """The scores alone. A value that many requests repeat is one decision, as it is one exclusion for an operator."""
    seen, kept = set(), []
    for text in found:
        hot = tuple(sorted((label, i) for label, (score, i) in text.items() if score > HOT))
        if not hot or hot not in seen:
            kept.append({label: score for label, (score, _) in text.items()})
        seen.add(hot)
    return kept


def limit(scores: list[float], share: float) -> float:
    """The score above which not more of the texts are than this share."""
    scores = sorted(scores, reverse=True)
    return min(max(scores[int(share * len(scores))], 1e-6) + 1e-5, 1 - 1e-6)


def is_refused(text: dict[str, float], limits: dict[str, float]) -> bool:
    """Whether a text of these scores is refused."""
    return any(score >= limits[label] for label, score in text.items())


def over(benign: list[tuple[Group, list[dict]]], limits: dict[str, float], times: float) -> list[list[dict]]:
    """The refused texts of each group that has more of them than wanted."""
    refused = [(group, len(texts), [text for text in texts if is_refused(text, limits)]) for group, texts in benign]
    return [found for group, count, found in refused if len(found) > group.wanted * times * count]


def searched(benign: list[tuple[Group, list[dict]]], truth: list[dict], times: float, floor: float) -> dict[str, float]:
    """Thresholds raised from the floor, each time where it costs the fewest attacks, until no group has more refused than wanted; then lowered again where that pays and does no harm."""
    limits = {label: floor_of(label, floor) for label in LABELS[1:]}
    while found := over(benign, limits, times):
        steps = []
        for label in limits:
            scores = [text[label] for texts in found for text in texts if text.get(label, 0.0) >= limits[label]]
            if scores:
                raised = min(min(scores) + 1e-4, 0.99995)
                lost = sum(limits[label] <= text.get(label, 0.0) < raised for text in truth)
                steps.append((lost / max(1, sum(s < raised for s in scores)), label, raised))
        _, label, raised = min(steps)
        if raised <= limits[label]:
            break
        limits[label] = raised
    while step := lowering(benign, truth, times, floor, limits):
        limits[step[0]] = step[1]
    return {label: round(value, 5) for label, value in limits.items()}


def floor_of(label: str, floor: float) -> float:
    """The lowest threshold of a class."""
    return min(0.95, floor + APART.get(label, 0.0))


def lowering(benign: list[tuple[Group, list[dict]]], truth: list[dict], times: float, floor: float, limits: dict[str, float]) -> tuple[str, float] | None:
    """The class and its next lower threshold that gains the most attacks without a group's being over."""
    best, chosen = 0, None
    for label, value in limits.items():
        least = floor_of(label, floor)
        below = sorted({round(text[label], 4) for _, texts in benign for text in texts if least <= text.get(label, 0.0) < value - 2e-4}, reverse=True)
        # Just above the one that is next after the one let in.
        lower = (below[1] + 1e-4 if len(below) > 1 else least) if below else least
        gained = sum(lower <= text.get(label, 0.0) < value for text in truth)
        if lower < value - 1e-4 and gained > best and not over(benign, {**limits, label: lower}, times):
            best, chosen = gained, (label, lower)
    return chosen
