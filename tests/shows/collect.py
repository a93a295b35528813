#!/usr/bin/env python3
"""Collects visits to learn from: real attack tools, a real browser and scripted clients at the demo site behind the filter.

    PYTHON tests/shows/collect.py OUT [--minutes 15] [--clients 20] [--browsers 2] [--tools 2] [--seed 1]

PYTHON has requests and selenium. Each visitor has a loopback address of its own, by which its visits are labelled
afterwards. Two filters stand before two demo sites: one cuts visits at 180 requests, as it ships, one at 10 to 60, so
that visits are also seen as they are while still open. Both in collection mode (`use_models = false`), limits off, one
refusing attacks, one only flagging them. Writes OUT/visits.jsonl: the exported sessions, each with `who`, `kind` (tool
or persona) and `cap`. Loopback only; bounded by the minutes given, and by each tool's own bound.
"""

import argparse
import itertools
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from harness import BINARY, Filter
from visitors import attackers, people
from visitors.relay import Relay

OFF = "".join(f"{name} = 0\n" for name in ("refused_limit", "login_failures_limit", "errors_limit", "flood_rate"))
LONGEST_TOOL_S, QUIET_S = 45, 20


class Collection:
    """Two filters, the relay, and who came from which address."""

    def __init__(self, out: Path, until: float, seed: int):
        self.out, self.until, self.seed = out, until, seed
        self.relay, self.lock, self.who = Relay(), threading.Lock(), {}
        self.numbers = itertools.count(1)
        self.filters = {}
        for cap, mode in ((180, "block"), (12, "block"), (40, "detect")):
            folder = out / f"cap-{cap}"
            folder.mkdir(parents=True)
            sections = (f'[inspection]\nmode = "{mode}"\n[session]\nmax_requests = {cap}\n[behaviour]\nuse_models = false\n{OFF}'
                        '[log]\nlevel = "warn"\n')
            self.filters[cap] = Filter("embedded", folder, sections)

    def run(self, who: str, kind: str, visit) -> None:
        """One visit: an address and a port for it, then `visit(url, rng)`."""
        number = next(self.numbers)
        rng = random.Random(self.seed * 1_000_000 + number)
        address = f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"
        cap = rng.choice((180, 180, 12, 40))
        port = self.relay.port(address, self.filters[cap].proxy)
        with self.lock:
            self.who[address] = {"who": who, "kind": kind, "cap": cap}
        try:
            visit(f"http://127.0.0.1:{port}", rng)
        except Exception:  # One visit that fails does not end the others.
            traceback.print_exc()
        finally:
            self.relay.shut(port)

    def client(self, seed: int) -> None:
        rng = random.Random(seed)
        while time.monotonic() < self.until:
            name = rng.choice(list(people.PERSONAS))
            self.run(name, "persona", people.PERSONAS[name])

    def browser(self, seed: int) -> None:
        from visitors import browsing
        rng = random.Random(seed)
        driver = browsing.open_browser()
        try:
            while time.monotonic() < self.until:
                name = rng.choice(list(browsing.PERSONAS))
                self.run(name, "persona", lambda url, chance, name=name: browsing.visit(driver, name, url, chance))
        finally:
            driver.quit()

    def tool(self, seed: int) -> None:
        rng = random.Random(seed)
        names = list(attackers.TOOLS)
        rng.shuffle(names)
        for name in itertools.cycle(names):
            if time.monotonic() > self.until:
                return
            self.run(name, "tool", lambda url, chance, name=name: attack(name, url, chance))

    def write(self) -> dict[str, int]:
        """Exports both stores, with labels; how many visits of whom."""
        counts = {}
        with open(self.out / "visits.jsonl", "w") as out:
            for cap, one in self.filters.items():
                export = subprocess.run([str(BINARY), "export", "sessions", "--data-dir", str(one.folder / "data")], capture_output=True, check=True)
                for line in export.stdout.decode().splitlines():
                    visit = json.loads(line)
                    known = self.who.get(visit["clientIP"])
                    if known:
                        counts[known["who"]] = counts.get(known["who"], 0) + 1
                        out.write(json.dumps({**visit, **known}) + "\n")
        return counts


def attack(name: str, url: str, rng: random.Random) -> None:
    folder = Path(tempfile.mkdtemp(prefix=f"harness-{name}-"))
    attackers.run(attackers.TOOLS[name](url, rng, folder), folder / "log", LONGEST_TOOL_S)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    for name, default in (("minutes", 15.0), ("clients", 20), ("browsers", 2), ("tools", 2), ("seed", 1)):
        parser.add_argument(f"--{name}", type=type(default), default=default)
    args = parser.parse_args()
    collection = Collection(args.out, time.monotonic() + args.minutes * 60, args.seed)
    try:
        threads = [threading.Thread(target=act, args=(args.seed * 1000 + number,)) for number, act in enumerate(
            [collection.client] * args.clients + [collection.browser] * args.browsers + [collection.tool] * args.tools)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(QUIET_S)  # Past the gap, so that the last visits close.
    finally:
        collection.relay.close()
        for one in collection.filters.values():
            one.stop()
    for who, count in sorted(collection.write().items()):
        print(f"{who} {count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
