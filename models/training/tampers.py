"""Recall of injected SQL after each of sqlmap's tamper scripts, taken as installed (Debian's package sqlmap) and not copied.

    python tampers.py [--sqlmap /usr/share/sqlmap] [--classify 'target/release/portcullis classify'] [--count 400]
"""

import argparse
import importlib
import random
import sys
from pathlib import Path
from types import ModuleType

from judge import Judge, common_arguments, detected, unseen


def scripts(root: Path) -> list[tuple[str, ModuleType]]:
    """The tamper scripts by name, with as much of sqlmap set up as they ask for."""
    sys.path.insert(0, str(root))
    common, shared = importlib.import_module("lib.core.common"), importlib.import_module("lib.core.data")
    common.setPaths(str(root))
    shared.kb.keywords = set(common.getFileItems(shared.paths.SQL_KEYWORDS))
    return [(path.stem, importlib.import_module(f"tamper.{path.stem}")) for path in sorted((root / "tamper").glob("*.py")) if path.stem != "__init__"]


def applied(module: ModuleType, text: str) -> str | None:
    """The text after the script; nothing where the script cannot do with it."""
    try:
        changed = module.tamper(payload=text, headers={}, hints={}, delimiter="&")
    except Exception:  # noqa: BLE001 — whatever a script of others throws, it has no text for us
        return None
    return changed if isinstance(changed, str) and changed else None


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    common_arguments(parser)
    parser.add_argument("--sqlmap", type=Path, default=Path("/usr/share/sqlmap"))
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--show", type=int, default=0, help="texts no longer detected that are printed for each script")
    args = parser.parse_args()
    judge = Judge(args.classify, args.folder)
    rows = unseen(["sqli"], args.count, args.data)
    texts = [row.text for row in detected(judge, rows, args.flag)]
    print(f"{len(texts)} of {len(rows)} detected as they are\n{'script':34} changed  recall of those in %")
    total = hits = 0
    for name, module in scripts(args.sqlmap):
        random.seed(1)
        pairs = [(text, new) for text in texts if (new := applied(module, text)) is not None and new != text]
        verdicts = judge.verdicts([new for _, new in pairs])
        hit = [v.refused or (args.flag and v.flagged) for v in verdicts]
        total, hits = total + len(pairs), hits + sum(hit)
        print(f"{name:34} {len(pairs):7}  {100 * sum(hit) / len(pairs):.1f}" if pairs else f"{name:34} {0:7}  -", flush=True)
        for text, new in [pair for pair, h in zip(pairs, hit) if not h][: args.show]:
            print(f"    {text[:80]!r} -> {new[:120]!r}")
    print(f"{'all':34} {total:7}  {100 * hits / max(total, 1):.1f}")


if __name__ == "__main__":
    main()
