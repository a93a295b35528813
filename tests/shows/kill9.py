#!/usr/bin/env python3
"""Kills the filter with SIGKILL at random moments under load, with the store away now and then, and counts what is lost.

    tests/shows/kill9.py [--kills 50] [--kind mongodb|embedded] [--seed 1]

Each round starts the filter on the data of the last, sends requests, and kills it after a random time; in every other
round mongod is halted meanwhile, so that the records go to the spool. A record is in memory for a moment only (the flush
interval, and half a second's patience with a store that hangs), so every request that was answered 3 s before a kill has
to be there afterwards; and just before each kill it is noted how many records the filter says it has acknowledged (stored
or spooled). Afterwards a last start drains the spool. Exit code 0 when all these are stored, none twice, and nothing is
damaged.
"""

import argparse
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from harness import Filter, connects, wait


# Seconds that a record may be in memory, and records that the filter hands to the store at once.
IN_MEMORY = 3
BATCH = 512


def send(port: int, ids: dict, stop: threading.Event):
    while not stop.is_set():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/search?q=oak", timeout=5) as answer:
                ids[answer.headers["x-request-id"]] = time.monotonic()
        except OSError:
            return


def acknowledged(show: Filter) -> float:
    """Records that are safe, by the filter's own count since it started."""
    text = show.metrics()
    spooled = show.metric('portcullis_spool_written_total{spool="activity"}', text)
    drained = show.metric('portcullis_spool_drained_total{spool="activity"}', text)
    written = show.metric("portcullis_activity_written_total", text)
    # What was drained was written too and, in this run or an earlier one, spooled. A batch that was written may not be
    # counted as drained yet.
    draining = drained > 0 or show.metric('portcullis_spool_records{spool="activity"}', text) > 0
    return max(0, written - drained + spooled - (BATCH if draining else 0))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--kind", choices=["mongodb", "embedded"], default="mongodb")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    folder = Path(tempfile.mkdtemp(prefix="show-kill9-"))
    show = Filter(arguments.kind, folder, "[session]\ngap = \"1s\"\n", storage='on_unreachable = "start"\n')
    ages, promised = {}, 0
    try:
        for number in range(arguments.kills):
            away = arguments.kind == "mongodb" and number % 2 == 1
            if away:
                show.mongod.send_signal(signal.SIGSTOP)
            stop, ids = threading.Event(), {}
            senders = [threading.Thread(target=send, args=(show.proxy, ids, stop)) for _ in range(4)]
            for sender in senders:
                sender.start()
            time.sleep(chance.uniform(0.3, 6.0))
            promised += acknowledged(show)
            killed = time.monotonic()
            show.filter.kill()
            show.filter.wait()
            stop.set()
            for sender in senders:
                sender.join()
            ages.update((identity, killed - moment) for identity, moment in ids.items())
            if away:
                show.mongod.send_signal(signal.SIGCONT)
            show.start_filter()
            print(f"kill {number + 1}: {len(ids)} answered, {promised:.0f} acknowledged so far", flush=True)
        wait("an empty spool", lambda: show.metric('portcullis_spool_records{spool="activity"}') == 0)
        wait("an empty queue", lambda: show.metric("portcullis_activity_queued") == 0)
        corrupt = list((folder / "data/spool").rglob("*.corrupt"))
        stored = [record["id"] for record in show.pages("/api/v1/requests", "requests")]
    finally:
        show.stop()
    kept = set(stored)
    missing = [age for identity, age in ages.items() if identity not in kept]
    oldest = max(missing, default=0)
    sound = True
    if arguments.kind == "embedded":
        sound = sqlite3.connect(folder / "data/portcullis.db").execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    print(f"{arguments.kills} kills: {len(ages)} answered, {promised:.0f} acknowledged, {len(stored)} stored, "
          f"{len(stored) - len(set(stored))} twice, {len(missing)} were in memory at a kill, "
          f"for {oldest:.2f} s at most, "
          f"{len(corrupt)} damaged segments, database {'sound' if sound else 'DAMAGED'}")
    whole = len(set(stored)) >= promised and oldest < IN_MEMORY and len(stored) == len(set(stored)) and not corrupt and sound
    print("nothing acknowledged is lost" if whole else "LOST OR DAMAGED", "; kept in", folder)
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
