#!/usr/bin/env python3
"""What share of the filter's CPU time its activity log takes at full load.

    tests/shows/logging_cpu.py [--kind embedded|mongodb] [--rounds 5] [--seconds 20] [--connections 32]

Starts the demo site and two filters in front of it, the one with `activity.requests = "all"`, the other with `"off"`, and
puts them in turns under as much load as the connections give: kept-open loopback connections, each sending the next GET
as soon as the last is answered, from processes of their own. Counts the CPU time of the filter's process (user and
system, all its threads) from before the load until what was logged is in the store, and divides it by the answers. Prints
each round, the medians and the share that logging takes. CPU time a request hardly depends on what else the machine does;
requests a second do, and are printed only to be compared within a round. With a mongod its own CPU time is told apart.
Exit code 0 when every answered request is stored.
"""

import argparse
import asyncio
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from harness import Filter, wait

PATHS = ["/", "/search?q=oak+board", "/product?id=3", "/static/site.css", "/comments?page=2&sort=new"]
HEADERS = ("Host: shop.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
           "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-GB,en;q=0.7\r\n"
           "Cookie: session=0123456789abcdef; theme=dark\r\nReferer: https://shop.example/search?q=oak\r\n\r\n")
SENDERS = 2


async def send(port: int, end: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answered = 0
    while time.monotonic() < end:
        writer.write(f"GET {PATHS[answered % len(PATHS)]} HTTP/1.1\r\n{HEADERS}".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b"transfer-encoding: chunked" in head:
            while size := int(await reader.readuntil(b"\r\n"), 16):
                await reader.readexactly(size + 2)
            await reader.readexactly(2)
        else:
            await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        answered += 1
    writer.close()
    return answered


async def send_all(port: int, seconds: float, connections: int) -> int:
    end = time.monotonic() + seconds
    return sum(await asyncio.gather(*(send(port, end) for _ in range(connections))))


def sender(port: int, seconds: float, connections: int) -> int:
    return asyncio.run(send_all(port, seconds, connections))


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def written(show: Filter) -> float:
    return show.metric("portcullis_activity_written_total")


def one_load(show: Filter, pool, logs: bool, seconds: float, connections: int) -> dict:
    """Answers, CPU seconds of the filter and of its mongod, and seconds of load."""
    pids = [show.filter.pid] + ([show.mongod.pid] if show.mongod else [])
    before, stored = [cpu_seconds(pid) for pid in pids], written(show)
    start = time.monotonic()
    each = connections // SENDERS
    answers = sum(pool.starmap(sender, [(show.proxy, seconds, each)] * SENDERS))
    took = time.monotonic() - start
    if logs:
        wait("what was logged to be stored", lambda: written(show) - stored >= answers)
    used = [cpu_seconds(pid) - early for pid, early in zip(pids, before)]
    return {"answers": answers, "cpu": used[0], "mongod": sum(used[1:]), "took": took,
            "stored": written(show) - stored, "micros": 1e6 * used[0] / answers}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=["embedded", "mongodb"], default="embedded")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--connections", type=int, default=32)
    arguments = parser.parse_args()
    # Nobody is to be barred for the load, and no visit to be judged for its speed.
    sections = '[behaviour]\nflood_rate = 0\nblock_ip = false\n[activity]\nrequests = "{}"\n'
    shows, rounds = {}, {"off": [], "all": []}
    whole = True
    try:
        for name in rounds:
            folder = Path(tempfile.mkdtemp(prefix=f"show-logging-{name}-"))
            # The one that logs nothing has an embedded store for its visits.
            kind = arguments.kind if name == "all" else "embedded"
            shows[name] = Filter(kind, folder, sections.format(name))
        with multiprocessing.Pool(SENDERS) as pool:
            for name, show in shows.items():
                one_load(show, pool, name == "all", min(3.0, arguments.seconds), arguments.connections)
            for number in range(arguments.rounds):
                # In turns, and each goes first in every other round.
                for name in sorted(shows, reverse=number % 2 == 1):
                    load = one_load(shows[name], pool, name == "all", arguments.seconds, arguments.connections)
                    rounds[name].append(load)
                    whole &= load["stored"] == (load["answers"] if name == "all" else 0)
                    print(f"round {number + 1} logging {name:3}: {load['answers']} answers, {load['answers'] / load['took']:.0f}/s, "
                          f"{load['micros']:.1f} us of CPU a request, {load['stored']:.0f} stored"
                          + (f", mongod {1e6 * load['mongod'] / load['answers']:.1f} us" if load["mongod"] else ""), flush=True)
            dropped = shows["all"].metric("portcullis_activity_dropped_total")
    finally:
        for show in shows.values():
            show.stop()
    micros = {name: [load["micros"] for load in loads] for name, loads in rounds.items()}
    middle = {name: statistics.median(values) for name, values in micros.items()}
    shares = [1 - off / on for off, on in zip(micros["off"], micros["all"])]
    for name, values in micros.items():
        print(f"logging {name:3}: median {middle[name]:.1f} us of CPU a request ({min(values):.1f} to {max(values):.1f})")
    print(f"logging takes {100 * statistics.median(shares):.1f} % of the filter's CPU time "
          f"({100 * min(shares):.1f} to {100 * max(shares):.1f} % by round), {middle['all'] - middle['off']:.1f} us a request")
    print("every answered request is stored" if whole and not dropped else f"NOT whole; {dropped:.0f} dropped")
    return 0 if whole and not dropped else 1


if __name__ == "__main__":
    sys.exit(main())
