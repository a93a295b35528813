#!/usr/bin/env python3
"""How far real attack tools get before they are stopped, with block_ip on and every limit as it ships.

    PYTHON tests/shows/tools.py [--runs 3] [--bar 30] [--people 0] [--browsing 0] [--behaviour 'flood_rate = 25']

Runs each tool, one after the other, against the demo site behind the filter, every run from a loopback address of its
own, and prints the medians: requests sent, refused, let through to the site (by the site's own log), made until the
ban, and the class of the visits. `--people N` lets N scripted visitors of each persona come as well, `--browsing N` as
many of each that a real Chromium makes, and tells who of them was banned or judged Abnormal. PYTHON has requests and
selenium for that. Exit code 0 when the four of the bar (sqlmap, hydra,
dirb, flood) let through not more than the bar in the median, and nobody of the people was banned.
"""

import argparse
import random
import re
import statistics
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from pathlib import Path

from harness import Filter
from visitors import attackers, people
from visitors.relay import Relay

LONGEST_S, QUIET_S = 60, 20
BARRED = ("sqlmap", "hydra", "dirb", "flood-ab", "flood-siege")


def commands(url: str, folder: Path) -> dict[str, list[str]]:
    """Each tool as one commonly calls it."""
    words = str(attackers.DIRB / "common.txt")
    (folder / "passwords").write_text("\n".join(f"secret{number}" for number in range(400)))
    port = url.rsplit(":", 1)[1]
    return {
        "sqlmap": ["sqlmap", "-u", f"{url}/product?id=3", "--batch", "--level", "3", "--risk", "2", "--flush-session", "--output-dir", str(folder / "sqlmap"),
                   "--timeout", "10", "--retries", "0", "--ignore-code", "403"],
        "hydra": ["hydra", "-l", "admin", "-P", str(folder / "passwords"), "-I", "-s", port, "127.0.0.1", "http-post-form",
                  "/login:username=^USER^&password=^PASS^:S=Welcome back"],
        "dirb": ["dirb", f"{url}/", words, "-S", "-r"],
        "gobuster": ["gobuster", "dir", "-q", "--no-error", "-u", f"{url}/", "-w", words],
        "wfuzz": ["wfuzz", "-c", "--hc", "404", "-w", str(attackers.WFUZZ / "Injections/All_attack.txt"), f"{url}/search?q=FUZZ"],
        "nmap": ["nmap", "-Pn", "-n", "-sT", "-p", port, "--script", "+http-enum,+http-sql-injection", "127.0.0.1"],
        "flood-ab": ["ab", "-q", "-n", "2000", "-c", "10", f"{url}/"],
        "flood-siege": ["siege", "-b", "--no-parser", "-c", "25", "-r", "60", f"{url}/search?q=oak"],
    }


class Show:
    """The filter, and who is at which address."""

    def __init__(self, more: str):
        """`more`: further lines of [behaviour]."""
        self.folder = Path(tempfile.mkdtemp(prefix="show-tools-"))
        self.filter = Filter("embedded", self.folder, f'[behaviour]\nblock_ip = true\nban_duration = "1h"\n{more}\n[log]\nlevel = "warn"\n')
        self.relay, self.lock, self.number, self.who, self.took = Relay(), threading.Lock(), 0, {}, {}

    def visit(self, who: str, act) -> None:
        with self.lock:
            self.number += 1
            number = self.number
        address = f"127.9.{number // 250}.{1 + number % 250}"
        self.who[address] = who
        port = self.relay.port(address, self.filter.proxy)
        start = time.monotonic()
        try:
            act(f"http://127.0.0.1:{port}")
        except Exception:  # One visit that fails does not end the others.
            traceback.print_exc()
        self.took[address] = time.monotonic() - start
        self.relay.shut(port)

    def attack(self, name: str) -> None:
        folder = Path(tempfile.mkdtemp(prefix=f"show-{name}-"))
        self.visit(name, lambda url: attackers.run(commands(url, folder)[name], folder / "log", LONGEST_S))

    def person(self, name: str, seed: int) -> None:
        self.visit(name, lambda url: people.PERSONAS[name](url, random.Random(seed)))

    def rows(self) -> list[dict]:
        """One row for each visitor, from the filter's log and the site's."""
        time.sleep(QUIET_S)  # Past the gap, so that every visit is closed and judged.
        reached = set(re.findall(r"\b[0-9a-f]{24}\b", self.filter.site_log.read_text()))
        records, classes = {address: [] for address in self.who}, {address: Counter() for address in self.who}
        for record in sorted(self.filter.pages("/api/v1/requests", "requests"), key=lambda record: record["id"]):
            records[record["client_ip"]].append(record)
        for session in self.filter.pages("/api/v1/sessions", "judged"):
            classes[session["client_ip"]][session["behavior"]] += 1
        bans = {ban["address"].split("/")[0]: ban["reason"] for ban in self.filter.api("/api/v1/bans")["bans"]}
        return [self.row(address, records[address], reached, classes[address], bans) for address in self.who]

    def row(self, address: str, records: list, reached: set, classes: Counter, bans: dict) -> dict:
        refused = [record for record in records if record["verdict"] == "refuse"]
        banned = next((number for number, record in enumerate(records) if record["reason"] == "banned"), None)
        return {"who": self.who[address], "sent": len(records), "refused": len(refused), "through": sum(record["id"] in reached for record in records),
                "leaked": sum(record["id"] in reached for record in refused), "until": banned, "class": dict(classes), "reason": bans.get(address, "not banned"),
                "seconds": self.took[address]}

    def stop(self) -> None:
        self.relay.close()
        self.filter.stop()


def middle(rows: list[dict], key: str) -> str:
    known = [row[key] for row in rows if row[key] is not None]
    return f"{statistics.median(known):.0f}" if len(known) == len(rows) else f"{len(rows) - len(known)} never"


def table(rows: list[dict], names: list[str]) -> None:
    print("| tool | sent | refused | let through (each run) | until the ban | class of its visits | reason |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in names:
        mine = [row for row in rows if row["who"] == name]
        classes = sum((Counter(row["class"]) for row in mine), Counter())
        print(f"| {name} | {middle(mine, 'sent')} | {middle(mine, 'refused')} | {middle(mine, 'through')} ({', '.join(str(row['through']) for row in mine)}) | "
              f"{middle(mine, 'until')} | {', '.join(f'{name} {count}' for name, count in classes.items())} | {'; '.join(sorted({row['reason'] for row in mine}))} |")


def people_too(show: Show, each: int, seed: int) -> None:
    """So many visits of every persona, some at a time."""
    todo = [(name, seed + number) for number in range(each) for name in people.PERSONAS]
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if not todo:
                    return
                name, number = todo.pop()
            show.person(name, number)

    threads = [threading.Thread(target=work) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def browsing_too(show: Show, each: int, seed: int) -> None:
    """So many visits of every persona at a real browser, one at a time."""
    if not each:
        return
    from visitors import browsing
    driver = browsing.open_browser()
    try:
        for number in range(each):
            for name in browsing.PERSONAS:
                show.visit(name, lambda url, name=name, number=number: browsing.visit(driver, name, url, random.Random(seed + number)))
    finally:
        driver.quit()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("runs", 3), ("bar", 30), ("people", 0), ("browsing", 0), ("seed", 11)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--tools", default="", help="only these, by comma")
    parser.add_argument("--behaviour", default="", help="lines of [behaviour] to try, such as flood_rate = 25")
    args = parser.parse_args()
    names = args.tools.split(",") if args.tools else list(commands("http://127.0.0.1:1", Path(tempfile.mkdtemp())))
    show = Show(args.behaviour)
    try:
        for name in names * args.runs:
            show.attack(name)
        at_browser = threading.Thread(target=browsing_too, args=(show, args.browsing, args.seed))
        at_browser.start()
        people_too(show, args.people, args.seed)
        at_browser.join()
        rows = show.rows()
    finally:
        show.stop()
    table(rows, names)
    missed = [name for name in names if name in BARRED and statistics.median(row["through"] for row in rows if row["who"] == name) > args.bar]
    for name in missed:
        print(f"{name} got more than {args.bar} requests through")
    ordinary = [row for row in rows if row["who"] not in names]
    hurt = [row for row in ordinary if row["reason"] != "not banned"]
    visits = sum((Counter(row["class"]) for row in ordinary), Counter())
    if ordinary:
        print(f"people: {len(ordinary)}, their visits {dict(visits)}; banned {len(hurt)}")
    for row in ordinary:
        if row in hurt or row["class"].get("Abnormal"):
            print(f"  {row['who']}: {row}")
    leaked = sum(row["leaked"] for row in rows)
    print(f"refused requests in the site's own log: {leaked}; kept in {show.folder}")
    return 1 if missed or hurt or leaked else 0


if __name__ == "__main__":
    sys.exit(main())
