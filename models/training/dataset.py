"""Assembles the windows to train on: shared corpora, generated attacks, generated ordinary texts, recorded requests."""

import random
import re
import string
from collections import Counter
from typing import Iterator, NamedTuple

import numpy as np

import augment
import data
import generated as generated_rows
import generators_benign
import generators_nosqli
import generators_traversal
import prepare
from benign_words import PAYLOADS, QUOTED
from data import CONTEXT, LABELS, Row
from network import BUCKETS
from prepare import Part
from rewrites import REWRITES, renamed

GENERATED = {
    "sqli": 44000, "xss": 41000, "path-traversal": 27000, "cmdi": 47000, "nosqli": 16000, "ssti": 18000,
    "code-injection": 23000, "xxe": 7500, "ldapi": 11000, "ssrf": 17000, "crlf": 15000,
}
LISTS = ("PayloadsAllTheThings", "fuzzdb", "payloadbox", "grananqvist")
"""Lists of payloads, by source."""
REWRITTEN, OFTEN_REWRITTEN = 32_000, 0.3
"""Attacks written otherwise, with the same meaning, and the share of them that were so many times over."""
RENAMED = {"sqli": 5, "xss": 1, "path-traversal": 0, "cmdi": 6}
"""How often each payload of a list is said again with other numbers, words and hosts, so that it is not known by heart."""
EMBEDDED = 90_000
"""Attacks set into long texts."""
EVIDENT = 64
"""Bytes of an attack that a window of a long text must hold to be one: what is no longer stands whole in some window."""
GENERATED_PATHS, GENERATED_BENIGN = 6000, 250_000
ATTACK_KINDS = (("query-value", 46), ("body-value", 24), ("header", 10), ("cookie", 8), ("path", 3), ("query-name", 2), ("body-name", 2), ("file-name", 2), ("body-text", 5))
BENIGN_KINDS = {"value": (("query-value", 50), ("body-value", 44), ("cookie", 2), ("header", 2), ("body-text", 2)), "body": (("body-value", 60), ("body-text", 40)), "header": (("header", 1),)}
MAX_WINDOWS = 6
"""Windows taken from one long benign text."""
MAX_ATTACK_WINDOWS = 48
EVIDENCE = {
    "sqli": re.compile(r"['\"`;#()=<>|&@*]|--|/\*|\bunion\b.*\bselect\b|\bselect\b.*\bfrom\b|\border by\b|\b(or|and|having)\b\s+.*(like|between|not|\d)|\bdrop\b|\bexec\b|\bprint\b", re.I | re.S),
    "xss": re.compile(r"<|>|javascript|on\w+\s*=|\(.*\)|`|\{\{|&#|\\u00|\\x|script", re.I | re.S),
    "path-traversal": re.compile(r"\.\.|%2e|%c0|\.%00|/etc|/proc|/var|/usr|/root|/home|/sys|/dev|/bin|\\|::|://|php:|data:|file:|win\.ini|boot\.ini|\.(git|env|svn|ht|ssh|aws|bash|ini|conf|cnf|log|npmrc|ds_store|hg|idea)|web-inf|meta-inf|config|passwd|0x2e|%5c|%2f|\.\?|。|．", re.I),
    "cmdi": re.compile(r"[;|&`$\n\r(){}<>\\^%/]|\b(cat|ls|id|dir|ping|sleep|wget|curl|whoami|uname|type|net|echo|nc|bash|sh|cmd|powershell|ipconfig|ifconfig|exec|system)\b", re.I),
    "ssrf": re.compile(r"127\.|localhost|169\.254|metadata|meta-data|\[::|0x7f|2130706433|0177|gopher|dict:|file:|ftp:|ldap|jar:|netdoc|telnet|smb:|rmi:|redis:|unix:|jdbc|\b10\.\d|192\.168|172\.(1[6-9]|2\d|3[01])\.|internal|\.local|@|nip\.io|sslip|rebind|\.svc|%2523|0\.0\.0\.0|latest/|phar:|data:|view-source|proxy:", re.I),
}
"""What a text must have to be believed to be of a class: the lists hold headings, comments and prose besides."""
SENSITIVE = re.compile(r"\.\.|%2e|%c0|%uff0e|0x2e|etc[/\\%]|passwd|shadow|win\.ini|boot\.ini|proc/|\.ssh|\.git|\.env|\.svn|\.ht|\.aws|_history|web-inf|meta-inf|php:|data:|file:|expect:|zip:|phar:|glob:|jar:|gopher:|dict:|netdoc:|\.log|_log|\.conf|\.ini|\.cnf|config|%00|\x00|\{file\}|\\\\|c:|%5c|://|。|．|system32", re.I)
"""What a path must have to be an attack: the lists hold plain paths too, and so do ordinary values."""
AUGMENTED, POOL = 60_000, ("web_requests", "ada-url/kasztp", "uap-core", "octokit-webhooks", "joke2k-faker", "UD_German-GSD", "UD_Chinese-GSD", "grananqvist-legal", "tldr/prose", "30-seconds-of-code", "TheAlgorithms-Python")
"""Texts made of pieces of others, and the sources of the pieces."""
OPERATORS = (*generators_nosqli.COMPARISONS, *generators_nosqli.RULES["bare"])
"""Operators of a document store's queries, as names: its own console sends them as attacks on other applications do."""
BARE = frozenset(text.lower().encode() for text in (*PAYLOADS, *OPERATORS))
"""Attacks that ordinary texts quote, and names that are the language of one application: a text that is no more than one is nobody's."""
PROSE = re.compile(r"exploit (name|description)|^(can be|function|zip |note|description|allows|root@)|works? (in|on) ", re.I)


class Windows(NamedTuple):
    """One entry a window. `group`: the number of the attack it may be a harmless part of; -1 where its label is certain."""

    rows: list[bytes]
    kind: np.ndarray
    context: np.ndarray
    label: np.ndarray
    source: list[str]
    group: np.ndarray

    def some(self, places: np.ndarray) -> "Windows":
        """Those at these places."""
        return Windows([self.rows[i] for i in places], self.kind[places], self.context[places], self.label[places], [self.source[i] for i in places], self.group[places])


def gathered(entries: list[tuple[Part, int, str, int]]) -> Windows:
    """(part, label, source, group) of each window, as columns."""
    kinds = np.array([part.kind for part, *_ in entries], np.uint8)
    contexts = np.frombuffer(b"".join(part.context for part, *_ in entries), np.uint8).reshape(-1, len(CONTEXT))
    labels, groups = np.array([e[1] for e in entries], np.uint8), np.array([e[3] for e in entries], np.int64)
    return Windows([part.window for part, *_ in entries], kinds, contexts, labels, [e[2] for e in entries], groups)


def drawn(rng: random.Random, kinds) -> str:
    """One kind by weight."""
    names, weights = zip(*kinds)
    return rng.choices(names, weights=weights)[0]


def attacks(root, left_out: frozenset[str] = frozenset()) -> list[Row]:
    """Positives that look it, each in a kind of place such attacks are tried in."""
    rng = random.Random(11)
    rows = [r for r in data.capped(data.payloads(root), 12) if r.source not in left_out and looks_it(r)]
    rows += [again for row in rows for _ in range(RENAMED[row.label]) if (again := renamed_row(rng, row)).text != row.text]
    found = [row._replace(kind=drawn(rng, ATTACK_KINDS)) for row in rows]
    for label, count in GENERATED.items():
        found += generated(label, 21, count, left_out)
    if not left_out & {f"path-traversal:{rule}" for rule in generators_traversal.PATH_RULES}:
        found += [Row(text, "path-traversal", "generated/path-traversal", "path") for text in generators_traversal.generate_paths(22, GENERATED_PATHS)]
    if "HttpParams" not in left_out:
        listed = [r for r in data.httpparams(root, "train") if r.label != "norm"]
        # The published values as such, thrice for the two rare classes, so that the model knows them beside thousands generated.
        found += [row._replace(kind=drawn(rng, (("query-value", 7), ("body-value", 3)))) for row in listed]
        found += [row for row in listed if row.label in ("cmdi", "path-traversal", "xss") for _ in range(2)]
    quoted = [Row(renamed(rng, text) if n else text, label, "generated/quoted", kind) for label, texts in QUOTED.items() for text in texts for kind in ("query-value", "body-value", "cookie", "header", "body-text") for n in range(4) if label not in left_out]
    return respaced(found + rewritten(found, REWRITTEN, 52), 12) + quoted


def renamed_row(rng: random.Random, row: Row) -> Row:
    """A listed attack on another site."""
    return row._replace(text=renamed(rng, row.text), source="generated/renamed")


def rewritten(attacks: list[Row], count: int, seed: int) -> list[Row]:
    """Attacks after some rewrites that keep their meaning."""
    rng = random.Random(seed)
    found = []
    for row in rng.choices([row for row in attacks if row.label in REWRITES], k=count):
        text = row.text
        for _ in range(rng.randint(7, 30) if rng.random() < OFTEN_REWRITTEN else rng.randint(1, 6)):
            text = rng.choice(REWRITES[row.label])(rng, text)
        if len(text) < 2000:
            found.append(row._replace(text=text, source="generated/rewritten"))
    return found


def looks_it(row: Row) -> bool:
    """Whether a listed attack is one: the lists hold headings, comments and plain paths besides."""
    return len(row.text) >= 3 and bool(EVIDENCE[row.label].search(row.text)) and not PROSE.search(row.text) and (row.label != "path-traversal" or bool(SENSITIVE.search(row.text)))


def generated_benign(seed: int, count: int, left_out: frozenset[str] = frozenset()) -> list[Row]:
    """Ordinary texts of the generators, a third of them of the first."""
    first = [Row(text, "norm", "generated/first", kind) for kind, text in generators_benign.generate(seed, count // 3)]
    return first + generated_rows.benign(seed, count - count // 3, left_out)


GAPS = {"sqli": ("\n", "+", "--x\n", "\t", "#a\n", "/**/", "\x0b", "  "), "xss": ("\n", "+", "\t", "\x0c"), "cmdi": ("+", "\t", "  ")}
"""What may stand for blanks in attacks of a class; in the others a plus."""


def respaced(rows: list[Row], seed: int) -> list[Row]:
    """The rows, some of them with other signs for their blanks."""
    rng = random.Random(seed)
    return [row._replace(text=row.text.replace(" ", rng.choice(GAPS.get(row.label, ("+",))))) if rng.random() < 0.07 else row for row in rows]


def generated(label: str, seed: int, count: int, left_out: frozenset[str] = frozenset()) -> list[Row]:
    """Generated attacks of a class that look it."""
    return [row for row in generated_rows.attacks(seed, {label: count}, left_out) if label not in EVIDENCE or EVIDENCE[label].search(row.text)]


def embedded(attacks: list[Row], ordinary: list[Row], count: int, seed: int) -> list[tuple[Row, Row]]:
    """Attacks before, within and after ordinary texts and junk, in bodies and forms, each with the attack alone."""
    rng = random.Random(seed)
    pool = [row.text for row in ordinary if len(row.text) > 20]
    found = []
    for row in rng.choices([row for row in attacks if row.kind not in ("path", "query-name", "body-name", "file-name")], k=count):
        row = row._replace(kind=drawn(rng, (("body-value", 56), ("body-text", 10), ("query-value", 26), ("cookie", 4), ("header", 4))))
        most = 2.6 if row.kind in ("cookie", "header") else rng.choice((2.3, 3.3, 4.1))
        before, after = (filler(rng, pool, most) if rng.random() < 0.7 else "" for _ in range(2))
        joint = rng.choice(("", " ", "\n", " "))
        found.append((row._replace(text=f"{before}{joint}{row.text}{joint}{after}", source="generated/embedded"), row))
    return found


def embedded_windows(pairs: list[tuple[Row, Row]], seed: int) -> Windows:
    """Of each long text the windows that hold the attack, and one that does not, which is ordinary."""
    rng = random.Random(seed)
    entries = []
    for row, holding, others in held(pairs):
        entries += [(part, LABELS.index(row.label), row.source, -1) for part in holding[:4]]
        if holding and others:
            entries.append((rng.choice(others), 0, "generated/around", -1))
    return gathered(entries)


def held(pairs: list[tuple[Row, Row]]) -> Iterator[tuple[Row, list[Part], list[Part]]]:
    """Each long text with its windows that hold the attack, and with those that have nothing of it."""
    for (row, _), parts, alone in zip(pairs, prepare.texts([row for row, _ in pairs]), prepare.texts([attack for _, attack in pairs])):
        whole, pieces = {part.window for part in alone}, [piece for part in alone for piece in evident(part.window)]
        holding = [part for part in parts if part.window in whole or any(piece in part.window for piece in pieces)]
        yield row, holding, [part for part in parts if part.window not in whole and not any(piece[:12] in part.window or piece[-12:] in part.window for piece in pieces)]


def evident(window: bytes) -> list[bytes]:
    """What a window must hold to hold this attack: all of a short one, some piece of a long one."""
    window = window.strip()
    if len(window) <= EVIDENT:
        return [window] if len(window) >= 4 else []
    middle = (len(window) - EVIDENT) // 2
    return [window[:EVIDENT], window[middle : middle + EVIDENT], window[-EVIDENT:]]


def filler(rng: random.Random, pool: list[str], most: float) -> str:
    """Ordinary texts one after another, or letters without meaning, of 10 to 10 to the `most` characters; such letters are long more often, as nobody but who hides something sends them."""
    if rng.random() < 0.25:
        alphabet = rng.choice((string.ascii_lowercase, string.ascii_letters + string.digits, string.ascii_letters + "   ", "0123456789", "abc "))
        return "".join(rng.choices(alphabet, k=int(10 ** rng.uniform(max(1.0, most - 1.3), most))))
    size = int(10 ** rng.uniform(1.0, most))
    parts, length = [], 0
    while length < size:
        parts.append(rng.choice(pool))
        length += len(parts[-1])
    return rng.choice((" ", "\n", "\n\n", ". ")).join(parts)[:size]


def corpora(root, left_out: frozenset[str] = frozenset()) -> tuple[list[Row], list[Row]]:
    """Benign rows to train on, and those kept to choose thresholds on."""
    rng = random.Random(13)
    rows = [r for r in data.capped(data.benign(root), 14) if r.source not in left_out]
    rows = [part for row in rows for part in leaves(row)]
    rows = [row._replace(kind=drawn(rng, BENIGN_KINDS[row.kind])) for row in rows]
    rows += [row for row in data.httpparams(root, "train") if row.label == "norm"]
    train = [row for row in rows if not data.is_held_out(row)]
    train += generated_benign(23, GENERATED_BENIGN, left_out)
    return train, [row for row in rows if data.is_held_out(row)]


def leaves(row: Row) -> list[Row]:
    """A JSON body (cut off past 16 KiB) becomes the texts in it, as the filter takes it apart."""
    if row.source != "octokit-webhooks":
        return [row]
    found = dict.fromkeys(re.findall(r'"((?:[^"\\]|\\.){9,})"', row.text))
    return [row._replace(text=text) for text in found]


def windows(rows: list[Row], seed: int) -> Windows:
    """Normalised windows of rows; of long benign texts some. An attack of several windows may have harmless ones."""
    rng = random.Random(seed)
    entries = []
    for number, (row, parts) in enumerate(zip(rows, prepare.texts(rows))):
        certain = row.label == "norm" or len(parts) == 1
        chosen = rng.sample(parts, MAX_WINDOWS) if row.label == "norm" and len(parts) > MAX_WINDOWS else parts[:MAX_ATTACK_WINDOWS]
        entries += [(part, LABELS.index(row.label), row.source, -1 if certain else seed * 10_000_000 + number) for part in chosen]
    return gathered(entries)


def settled(windows: Windows, logits: np.ndarray) -> Windows:
    """Of each attack of several windows those that look it, and the one that does so most."""
    best: dict[int, float] = {}
    for group, logit in zip(windows.group.tolist(), logits.tolist()):
        best[group] = max(best.get(group, -1e9), logit)
    keep = [i for i, (group, logit) in enumerate(zip(windows.group.tolist(), logits.tolist())) if group < 0 or logit > 0 or (logit == best[group] and logit > -4)]
    return windows.some(np.array(keep))


def site_windows(root, *splits: str) -> Windows:
    """Different windows of the recorded requests of some parts of the sites."""
    return request_windows([r for r in data.web_requests(root) if data.split_of_site(r.site) in splits], "web_requests")


def request_windows(requests: list[data.Request], source: str) -> Windows:
    """Different windows of benign requests."""
    seen = dict.fromkeys(part for parts in prepare.requests(requests) for part in parts)
    return gathered([(part, 0, source, -1) for part in seen])


def spliced(*parts: Windows) -> Windows:
    """Ordinary windows made of pieces of ordinary windows."""
    pool = [w for p in parts for w, label, source in zip(p.rows, p.label, p.source) if not label and source in POOL]
    return windows([Row(text, "norm", "generated/pieces", kind) for kind, text in augment.augmented(pool, AUGMENTED, 41)], 42)


def beside(*parts: Windows) -> Windows:
    """All windows as they are."""
    columns = (np.concatenate([getattr(p, name) for p in parts]) for name in ("kind", "context", "label"))
    return Windows([w for p in parts for w in p.rows], *columns, [s for p in parts for s in p.source], np.concatenate([p.group for p in parts]))


def joined(*parts: Windows) -> Windows:
    """All windows together, but for ordinary ones that are nothing but a quoted attack; a text that is both benign and an attack counts as benign, the same twice as once or thrice."""
    every = beside(*parts)
    alone = [l == 0 and w.strip(b" \"'`") in BARE for w, l in zip(every.rows, every.label)]
    harmless = {w for w, l, quoted in zip(every.rows, every.label, alone) if l == 0 and not quoted}
    seen: Counter = Counter()
    keep = []
    for i, (w, k, l, s) in enumerate(zip(every.rows, every.kind, every.label, every.source)):
        if alone[i] or l and w in harmless and s != "HttpParams":
            continue
        seen[w, k, l] += 1
        if seen[w, k, l] <= (3 if s == "HttpParams" else 1):
            keep.append(i)
    return every.some(np.array(keep))


def buckets_of(rows: list[bytes]) -> np.ndarray:
    """Index of the bucket that each window goes into."""
    return np.searchsorted(BUCKETS, np.fromiter(map(len, rows), np.int64, len(rows)))


def alike(rows: list[bytes], most: int) -> Iterator[tuple[np.ndarray, int]]:
    """Places of windows of one bucket, at most so many at a time, with the length they are padded to."""
    buckets = buckets_of(rows)
    for b, size in enumerate(BUCKETS):
        places = np.flatnonzero(buckets == b)
        for start in range(0, len(places), most):
            yield places[start : start + most], size


def padded(rows: list[bytes], size: int) -> np.ndarray:
    """Windows one below the other, zeros behind."""
    out = np.zeros((len(rows), size), np.uint8)
    for i, row in enumerate(rows):
        out[i, : len(row)] = np.frombuffer(row, np.uint8)
    return out


def epoch_batches(buckets: np.ndarray, chance: np.ndarray, rng: np.random.Generator, count: int, batch: int) -> list[np.ndarray]:
    """Windows drawn by chance, in batches of like lengths without order."""
    drawn = rng.choice(len(chance), count, p=chance / chance.sum())
    batches = []
    for b in range(len(BUCKETS)):
        mine = drawn[buckets[drawn] == b]
        batches += [mine[i : i + batch] for i in range(0, len(mine), batch) if len(mine[i : i + batch]) > 16]
    order = rng.permutation(len(batches))
    return [batches[i] for i in order]
