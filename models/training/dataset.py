"""Assembles the windows to train on: shared corpora, generated attacks, generated ordinary texts, recorded requests."""

import random
import re
from collections import Counter
from typing import NamedTuple

import numpy as np

import augment
import data
import generators_benign
import generators_cmdi
import generators_sqli
import generators_traversal
import generators_xss
import prepare
from data import KINDS, LABELS, Row
from network import BUCKETS

GENERATED = {"sqli": (generators_sqli, 24000), "xss": (generators_xss, 18000), "path-traversal": (generators_traversal, 14000), "cmdi": (generators_cmdi, 26000)}
GENERATED_PATHS, GENERATED_BENIGN = 5000, 110_000
ATTACK_KINDS = (("query-value", 46), ("body-value", 24), ("header", 10), ("cookie", 8), ("path", 3), ("query-name", 2), ("body-name", 2), ("file-name", 2), ("body-text", 3))
BENIGN_KINDS = {"value": (("query-value", 50), ("body-value", 44), ("cookie", 2), ("header", 2), ("body-text", 2)), "body": (("body-value", 60), ("body-text", 40)), "header": (("header", 1),)}
MAX_WINDOWS = 6
"""Windows taken from one long benign text."""
EVIDENCE = {
    "sqli": re.compile(r"['\"`;#()=<>|&@*]|--|/\*|\bunion\b.*\bselect\b|\bselect\b.*\bfrom\b|\border by\b|\b(or|and|having)\b\s+.*(like|between|not|\d)|\bdrop\b|\bexec\b|\bprint\b", re.I | re.S),
    "xss": re.compile(r"<|>|javascript|on\w+\s*=|\(.*\)|`|\{\{|&#|\\u00|\\x|script", re.I | re.S),
    "path-traversal": re.compile(r"\.\.|%2e|%c0|\.%00|/etc|/proc|/var|/usr|/root|/home|/sys|/dev|/bin|\\|::|://|php:|data:|file:|win\.ini|boot\.ini|\.(git|env|svn|ht|ssh|aws|bash|ini|conf|cnf|log|npmrc|ds_store|hg|idea)|web-inf|meta-inf|config|passwd|0x2e|%5c|%2f|\.\?|。|．", re.I),
    "cmdi": re.compile(r"[;|&`$\n\r(){}<>\\^%/]|\b(cat|ls|id|dir|ping|sleep|wget|curl|whoami|uname|type|net|echo|nc|bash|sh|cmd|powershell|ipconfig|ifconfig|exec|system)\b", re.I),
}
"""What a text must have to be believed to be of a class: the lists hold headings, comments and prose besides."""
SENSITIVE = re.compile(r"\.\.|%2e|%c0|%uff0e|0x2e|etc[/\\%]|passwd|shadow|win\.ini|boot\.ini|proc/|\.ssh|\.git|\.env|\.svn|\.ht|\.aws|_history|web-inf|meta-inf|php:|data:|file:|expect:|zip:|phar:|glob:|jar:|gopher:|dict:|netdoc:|\.log|_log|\.conf|\.ini|\.cnf|config|%00|\x00|\{file\}|\\\\|c:|%5c|://|。|．|system32", re.I)
"""What a path must have to be an attack: the lists hold plain paths too, and so do ordinary values."""
AUGMENTED, POOL = 80_000, ("web_requests", "ada-url/kasztp", "uap-core", "octokit-webhooks", "joke2k-faker", "UD_German-GSD", "UD_Chinese-GSD", "grananqvist-legal", "tldr/prose", "30-seconds-of-code", "TheAlgorithms-Python")
"""Texts made of pieces of others, and the sources of the pieces."""
PROSE = re.compile(r"exploit (name|description)|^(can be|function|zip |note|description|allows|root@)|works? (in|on) ", re.I)


class Windows(NamedTuple):
    """Windows by bucket, flat otherwise: one entry a window."""

    rows: list[bytes]
    kind: np.ndarray
    label: np.ndarray
    source: list[str]


def drawn(rng: random.Random, kinds) -> str:
    """One kind by weight."""
    names, weights = zip(*kinds)
    return rng.choices(names, weights=weights)[0]


def attacks(root, left_out: frozenset[str] = frozenset()) -> list[Row]:
    """Positives that look it, each in a kind of place such attacks are tried in."""
    rng = random.Random(11)
    rows = [r for r in data.capped(data.payloads(root), 12) if r.source not in left_out and EVIDENCE[r.label].search(r.text) and not PROSE.search(r.text) and len(r.text) >= 3]
    rows = [r for r in rows if r.label != "path-traversal" or SENSITIVE.search(r.text)]
    found = [row._replace(kind=drawn(rng, ATTACK_KINDS)) for row in rows]
    for label, (module, count) in GENERATED.items():
        found += [Row(text, label, "generated", drawn(rng, ATTACK_KINDS)) for text in module.generate(21, count) if EVIDENCE[label].search(text)]
    found += [Row(text, "path-traversal", "generated", "path") for text in generators_traversal.generate_paths(22, GENERATED_PATHS)]
    if "HttpParams" not in left_out:
        listed = [r for r in data.httpparams(root, "train") if r.label != "norm"]
        # The published values as such, thrice for the two rare classes, so that the model knows them beside thousands generated.
        found += [row._replace(kind=drawn(rng, (("query-value", 7), ("body-value", 3)))) for row in listed]
        found += [row for row in listed if row.label in ("cmdi", "path-traversal", "xss") for _ in range(2)]
    return found


def corpora(root, left_out: frozenset[str] = frozenset()) -> tuple[list[Row], list[Row]]:
    """Benign rows to train on, and those kept to choose thresholds on."""
    rng = random.Random(13)
    rows = [r for r in data.capped(data.benign(root), 14) if r.source not in left_out]
    rows = [part for row in rows for part in leaves(row)]
    rows = [row._replace(kind=drawn(rng, BENIGN_KINDS[row.kind])) for row in rows]
    rows += [row for row in data.httpparams(root, "train") if row.label == "norm"]
    train = [row for row in rows if not data.is_held_out(row)]
    train += [Row(text, "norm", "generated", kind) for kind, text in generators_benign.generate(23, GENERATED_BENIGN)]
    return train, [row for row in rows if data.is_held_out(row)]


def leaves(row: Row) -> list[Row]:
    """A JSON body (cut off past 16 KiB) becomes the texts in it, as the filter takes it apart."""
    if row.source != "octokit-webhooks":
        return [row]
    found = dict.fromkeys(re.findall(r'"((?:[^"\\]|\\.){9,})"', row.text))
    return [row._replace(text=text) for text in found]


def windows(rows: list[Row], seed: int) -> Windows:
    """Normalised windows of rows. Of long benign texts some windows, of attacks only those that are one window."""
    rng = random.Random(seed)
    flat, kinds, labels, sources = [], [], [], []
    for row, parts in zip(rows, prepare.texts(rows)):
        if row.label != "norm" and len(parts) != 1:
            continue
        for kind, window in parts if len(parts) <= MAX_WINDOWS else rng.sample(parts, MAX_WINDOWS):
            flat.append(window)
            kinds.append(kind)
            labels.append(LABELS.index(row.label))
            sources.append(row.source)
    return Windows(flat, np.array(kinds, np.uint8), np.array(labels, np.uint8), sources)


def site_windows(root, *splits: str) -> Windows:
    """Different windows of the recorded requests of some parts of the sites."""
    requests = [r for r in data.web_requests(root) if data.split_of_site(r.site) in splits]
    seen = dict.fromkeys(part for parts in prepare.requests(requests) for part in parts)
    flat, kinds = [part.window for part in seen], [part.kind for part in seen]
    return Windows(flat, np.array(kinds, np.uint8), np.zeros(len(flat), np.uint8), ["web_requests"] * len(flat))


def spliced(*parts: Windows) -> Windows:
    """Ordinary windows made of pieces of ordinary windows."""
    pool = [w for p in parts for w, label, source in zip(p.rows, p.label, p.source) if not label and source in POOL]
    return windows([Row(text, "norm", "generated", kind) for kind, text in augment.augmented(pool, AUGMENTED, 41)], 42)


def joined(*parts: Windows) -> Windows:
    """All windows together; a text that is both benign and an attack counts as benign, the same twice as once or thrice."""
    rows = [w for p in parts for w in p.rows]
    kind, label = np.concatenate([p.kind for p in parts]), np.concatenate([p.label for p in parts])
    source = [s for p in parts for s in p.source]
    harmless = {w for w, l, s in zip(rows, label, source) if l == 0}
    seen: Counter = Counter()
    keep = []
    for i, (w, k, l, s) in enumerate(zip(rows, kind, label, source)):
        if l and w in harmless and s != "HttpParams":
            continue
        seen[w, k, l] += 1
        if seen[w, k, l] <= (3 if s == "HttpParams" else 1):
            keep.append(i)
    return Windows([rows[i] for i in keep], kind[keep], label[keep], [source[i] for i in keep])


def bucket_of(length: int) -> int:
    """Index of the bucket a window goes into."""
    return next(i for i, size in enumerate(BUCKETS) if length <= size)


def padded(rows: list[bytes], size: int) -> np.ndarray:
    """Windows one below the other, zeros behind."""
    out = np.zeros((len(rows), size), np.uint8)
    for i, row in enumerate(rows):
        out[i, : len(row)] = np.frombuffer(row, np.uint8)
    return out
