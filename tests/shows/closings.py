#!/usr/bin/env python3
"""How long a closed visit waits for its verdict.

    tests/shows/closings.py [--rate 1000] [--seconds 30] [--kind embedded|mongodb] [--connections 50]

Sends visits of one request each, a new visitor each time, at a steady rate to the demo site through the filter, so that
as many close a second later. Reads the filter's own histogram, portcullis_behaviour_verdict_seconds: from the close to
the verdict by the shipped model, the claim of the session in the store and the ban included. Exit code 0 when 99 of 100
waited 200 ms or less, all closed ones were judged and none was dropped.
"""

import argparse
import asyncio
import re
import sys
import tempfile
from pathlib import Path

from harness import Filter, wait
from outage import Load

SECTIONS = """[session]
key = "header"
key_name = "x-visitor"
gap = "1s"
[behaviour]
refused_limit = 0
login_failures_limit = 0
errors_limit = 0
flood_rate = 0
[log]
level = "warn"
"""
BAR_S, SHARE = 0.2, 0.99


def visit(number: int) -> bytes:
    """The only request of a visitor."""
    return f"GET /search?q=oak HTTP/1.1\r\nHost: show\r\nX-Visitor: v{number}\r\n\r\n".encode()


def histogram(text: str) -> list[tuple[float, float]]:
    """Upper bounds in seconds and how many took no longer."""
    return [(float(bound), float(count)) for bound, count in re.findall(r'^portcullis_behaviour_verdict_seconds_bucket\{le="([^"]+)"\} (\S+)$', text, re.M)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--kind", choices=["embedded", "mongodb"], default="embedded")
    parser.add_argument("--connections", type=int, default=50)
    arguments = parser.parse_args()
    show = Filter(arguments.kind, Path(tempfile.mkdtemp(prefix="show-closings-")), SECTIONS)
    try:
        load = Load(show.proxy, arguments.rate, arguments.connections, visit, arguments.rate * arguments.seconds)
        asyncio.run(load.run())
        sent = len(load.answers)
        print(f"{sent} visits of one request each, {load.failures} failed")
        judged = lambda: histogram(show.metrics())[-1][1]  # noqa: E731
        wait("all verdicts", lambda: judged() >= sent)
        text = show.metrics()
    finally:
        show.stop()
    buckets, lost = histogram(text), show.metric("portcullis_sessions_unscored_total", text)
    total = buckets[-1][1]
    for bound, count in buckets:
        print(f"  within {bound * 1000:>8.1f} ms  {count / total:8.3%}")
    within = next(count for bound, count in buckets if bound >= BAR_S) / total
    print(f"{total:.0f} verdicts, {lost:.0f} dropped, {within:.3%} within {BAR_S * 1000:.0f} ms")
    return 0 if within >= SHARE and total >= sent and not lost else 1


if __name__ == "__main__":
    sys.exit(main())
