#!/usr/bin/env python3
"""Stops mongod for a while under a steady load and looks whether anybody notices.

    tests/shows/outage.py [--rate 2000] [--outage 60] [--before 30] [--signal STOP|KILL] [--connections 50]

Sends GETs to the demo site through the filter at a steady rate over kept-open loopback connections; after `--before`
seconds mongod is halted (SIGSTOP) or killed, after `--outage` seconds it goes on or is started again. Prints latencies
before and during the outage, the filter's memory, and compares count and hash of the ids on the answers with those in
MongoDB. Exit code 0 when every answered request is stored exactly once and nothing was dropped.
"""

import argparse
import asyncio
import hashlib
import math
import signal
import sys
import tempfile
import time
from pathlib import Path

from harness import Filter, connects, mongod_command, wait

REQUEST = b"GET /search?q=oak HTTP/1.1\r\nHost: show\r\nUser-Agent: show\r\n\r\n"


class Load:
    """A steady rate over kept-open connections; each answer's id and latency, with the moment it was due. `request` makes the
    bytes of the one of a number; it ends after `most` or by `stop`."""

    def __init__(self, port: int, rate: float, connections: int, request=lambda _: REQUEST, most: float = math.inf):
        self.port, self.rate, self.connections, self.request, self.most = port, rate, connections, request, most
        self.answers, self.failures, self.stop = [], 0, False

    async def run(self):
        start = time.monotonic()
        self.next = 0
        await asyncio.gather(*(self.worker(start) for _ in range(self.connections)))

    async def worker(self, start: float):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while not self.stop and self.next < self.most:
            number = self.next
            due = start + number / self.rate
            self.next += 1
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            try:
                writer.write(self.request(number))
                head = await reader.readuntil(b"\r\n\r\n")
                fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
                fields = {name.lower(): value for name, value in fields.items()}
                await reader.readexactly(int(fields[b"content-length"]))
                # From when it was due, so that a stall counts for every request that it held up.
                self.answers.append((due, time.monotonic() - due, fields[b"x-request-id"].decode()))
            except (OSError, asyncio.IncompleteReadError, KeyError) as error:
                self.failures += 1
                print("a request failed:", repr(error))
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.close()


def memory_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def quantiles(answers: list) -> str:
    latencies = sorted(latency for _, latency, _ in answers)
    if not latencies:
        return "no answers"
    pick = lambda share: 1000 * latencies[min(len(latencies) - 1, int(share * len(latencies)))]
    return f"{len(latencies)} answers, p50 {pick(.5):.2f} ms, p99 {pick(.99):.2f} ms, max {pick(1):.1f} ms"


def digest(ids) -> str:
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:16]


async def play(show: Filter, load: Load, arguments) -> dict:
    running = asyncio.create_task(load.run())
    moments, memory = {}, {}
    await asyncio.sleep(arguments.before)
    pid = show.filter.pid
    moments["halt"], memory["before"] = time.monotonic(), memory_mib(pid)
    mongod = show.mongod
    mongod.send_signal(signal.SIGSTOP if arguments.signal == "STOP" else signal.SIGKILL)
    highest = 0.0
    while time.monotonic() < moments["halt"] + arguments.outage:
        await asyncio.sleep(0.5)
        highest = max(highest, memory_mib(pid))
    memory["during, at most"] = highest
    moments["resume"] = time.monotonic()
    if arguments.signal == "STOP":
        mongod.send_signal(signal.SIGCONT)
    else:
        mongod.wait()
        show.mongod = show.start(mongod_command(show.folder, show.mongod_port), "mongod-again.log")
    await asyncio.sleep(arguments.before)
    memory["after"] = memory_mib(pid)
    load.stop = True
    await running
    return {"moments": moments, "memory": memory}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=2000)
    parser.add_argument("--outage", type=float, default=60)
    parser.add_argument("--before", type=float, default=30)
    parser.add_argument("--signal", choices=["STOP", "KILL"], default="STOP")
    parser.add_argument("--connections", type=int, default=50)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="show-outage-"))
    show = Filter("mongodb", folder, "")
    load = Load(show.proxy, arguments.rate, arguments.connections)
    try:
        seen = asyncio.run(play(show, load, arguments))
        wait("mongod", lambda: connects(show.mongod_port))
        wait("an empty spool", lambda: show.metric('portcullis_spool_records{spool="activity"}') == 0)
        wait("an empty queue", lambda: show.metric("portcullis_activity_queued") == 0)
        spooled = show.metric('portcullis_spool_written_total{spool="activity"}')
        dropped = show.metric("portcullis_activity_dropped_total")
        stored = [record["id"] for record in show.pages("/api/v1/requests", "requests")]
    finally:
        show.stop()
    moments = seen["moments"]
    parts = {
        "before": [answer for answer in load.answers if answer[0] < moments["halt"]],
        "during": [answer for answer in load.answers if moments["halt"] <= answer[0] < moments["resume"]],
        "after": [answer for answer in load.answers if answer[0] >= moments["resume"]],
    }
    for name, answers in parts.items():
        print(f"{name:7} {quantiles(answers)}")
    print("memory ", ", ".join(f"{name} {mib:.0f} MiB" for name, mib in seen["memory"].items()))
    answered = {identity for _, _, identity in load.answers}
    print(f"answered {len(load.answers)} with {len(answered)} ids, hash {digest(answered)}; {load.failures} failed")
    print(f"stored   {len(stored)} with {len(set(stored))} ids, hash {digest(stored)}; {spooled:.0f} went over the disk")
    whole = answered == set(stored) and len(stored) == len(set(stored)) and not dropped and not load.failures
    print("every answered request is stored exactly once" if whole else f"NOT whole; {dropped:.0f} dropped")
    print("kept in", folder)
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
