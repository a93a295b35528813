#!/usr/bin/env python3
"""Sends the recorded requests of the test sites through the filter and counts which of them needed the networks.

    tests/shows/sites.py [--data ../shared/data]

One request after the other, so that the filter's metrics tell of each; its cache of scores is as large as it ships.
Uses target/release/portcullis and the demo site on free loopback ports, and ends what it started. Needs numpy.
"""

import argparse
import socket
import sys
import tempfile
from collections import Counter
from pathlib import Path

from harness import ROOT, Filter

sys.path.insert(0, str(ROOT / "models/training"))
import data  # noqa: E402

# Some recorded bodies are shorter than their Content-Length says: the filter waits for the rest.
PATIENCE = 5.0
COUNTED = ("portcullis_inspection_cache_hits_total", "portcullis_inspection_cache_misses_total")


def status(port: int, raw: bytes) -> str:
    """What a request is answered with."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection, connection.makefile("rb") as answer:
        connection.sendall(raw)
        try:
            line = answer.readline()
        except TimeoutError:
            return "no answer"
        return line.decode("latin-1").split(" ")[1] if line else "closed"


def counts(show: Filter) -> list[float]:
    """Windows so far whose score the filter had, and windows that the networks were asked of."""
    text = show.metrics()
    return [show.metric(name, text) for name in COUNTED]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    arguments = parser.parse_args()
    requests = [request for request in data.web_requests(arguments.data) if data.split_of_site(request.site) == "test"]
    # Visits are not judged: these are those of many people, and come from one address.
    show = Filter("embedded", Path(tempfile.mkdtemp(prefix="show-sites-")), "[behaviour]\nuse_models = false\n")
    try:
        answers, asked, anew, before = Counter(), 0, 0, counts(show)
        for request in requests:
            answers[status(show.proxy, request.raw)] += 1
            now = counts(show)
            asked, anew, before = asked + (now != before), anew + (now[1] > before[1]), now
    finally:
        show.stop()
    print(f"{len(requests)} requests, answered {dict(answers)}")
    print(f"with a window for the networks: {asked} ({asked / len(requests):.3%}); asked anew: {anew} ({anew / len(requests):.3%})")


if __name__ == "__main__":
    main()
