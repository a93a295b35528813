"""Writes manifests: what a model file is and where it comes from."""

import hashlib
import json
from collections import Counter
from pathlib import Path


def model(path: Path, version: str, inputs: list[tuple], output: tuple) -> dict:
    """The `[model]` table of a model file."""
    tensor = lambda parts: dict(zip(("name", "dtype", "shape"), parts))
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "version": version, "inputs": [tensor(i) for i in inputs], "output": tensor(output)}


def write(path: Path, document: dict, title: str) -> None:
    """Writes TOML: plain values first, then tables, then lists of tables."""
    lines = [f"# {title}", ""]
    table(lines, [], document)
    path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def table(lines: list[str], names: list[str], values: dict) -> None:
    """One table with what is below it. `model` keeps its tensors in its own lines."""
    deep = {k: v for k, v in values.items() if isinstance(v, dict) and any(isinstance(x, dict) for x in v.values())}
    flat = {k: v for k, v in values.items() if isinstance(v, dict) and k not in deep and len(names) < 1}
    tables = {k: v for k, v in values.items() if k in deep or k in flat} if not names or names[0] != "model" else {}
    lists = {k: v for k, v in values.items() if isinstance(v, list) and v and isinstance(v[0], dict) and not names}
    lines += [f"{key(k)} = {inline(v)}" for k, v in values.items() if k not in tables and k not in lists]
    for name, below in tables.items():
        lines += ["", f"[{'.'.join([*names, name])}]"]
        table(lines, [*names, name], below)
    for name, rows in lists.items():
        for row in rows:
            lines += ["", f"[[{'.'.join([*names, name])}]]"]
            table(lines, [*names, name], row)


def key(name: str) -> str:
    """A key, quoted where it has to be."""
    return name if name.isascii() and name.replace("-", "").replace("_", "").isalnum() else json.dumps(name)


def inline(value) -> str:
    """A value on one line; a list of tables over several."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key(k)} = {inline(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        if value and isinstance(value[0], dict):
            return "[\n" + "".join(f"  {inline(v)},\n" for v in value) + "]"
        return "[" + ", ".join(inline(v) for v in value) + "]"
    if isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return repr(round(float(value), 6))
    return str(value)


LICENCES = {
    "HttpParams": "MIT", "PayloadsAllTheThings": "MIT", "fuzzdb": "BSD-3-Clause / CC-BY-3.0", "payloadbox": "MIT", "grananqvist": "MIT", "grananqvist-legal": "MIT", "clinc150": "CC-BY-3.0", "text2sql-wikisql-questions": "BSD-3-Clause", "text2sql-advising-questions": "CC-BY-4.0",
    "tldr/prose": "CC-BY-4.0", "octokit-webhooks": "MIT", "uap-core": "Apache-2.0", "ada-url/kasztp": "MIT", "tweets-davidson": "MIT", "TheAlgorithms-Python": "MIT", "30-seconds-of-code": "CC0-1.0", "joke2k-faker": "MIT", "web_requests": "GPL-3.0 (chaitin/blazehttp; the data are not shipped)", "generated": "MIT (our own generators)", "captures": "texts of our own, typed into applications of other licences (capture/); not shipped",
    "commits/rustls/rustls": "Apache-2.0 / MIT / ISC", "commits/linkerd/linkerd2-proxy": "Apache-2.0", "commits/tower-rs/tower": "MIT", "commits/hickory-dns/hickory-dns": "Apache-2.0 / MIT",
}


def sources(names: list[str]) -> list[dict]:
    """`[[sources]]`: each source with its licence and the windows taken from it."""
    counts = Counter(name.partition("/")[0] if name.startswith("generated/") else name for name in names)
    return [{"name": name, "licence": LICENCES.get(name, "CC-BY-SA-4.0"), "rows": count} for name, count in sorted(counts.items())]
