"""Sends the recorded requests of the test sites through the filter itself and counts, by its metrics, which of them needed the networks.

    python replay.py --data ../../../shared/data [--filter ../../target/release/portcullis]
"""

import argparse
import asyncio
import re
import socket
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from subprocess import DEVNULL, Popen

import data

PATIENCE = 5.0
"""Seconds for an answer: some recorded bodies are shorter than their Content-Length says, and the filter waits for the rest."""
START = 60.0
"""Seconds for the filter to be ready."""
COUNTED = re.compile(r"^portcullis_inspection_(cache_hits|cache_misses)_total (\d+)", re.M)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


async def site(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers whatever comes and closes."""
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        pass
    finally:
        writer.close()


def counts(admin: int) -> Counter:
    """What the filter has counted so far: windows whose score it had, and windows that the networks were asked of."""
    with urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics", timeout=PATIENCE) as answer:
        return Counter({name: int(number) for name, number in COUNTED.findall(answer.read().decode())})


def until_ready(running: Popen, admin: int) -> None:
    """Waits for the filter's first answer."""
    deadline = time.monotonic() + START
    while True:
        try:
            counts(admin)
            return
        except OSError:
            if running.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


async def answered(port: int, raw: bytes) -> str:
    """The status that a request is answered with."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(raw)
        line = await asyncio.wait_for(reader.readline(), PATIENCE)
        return line.decode("latin-1").split(" ")[1] if line else "closed"
    except TimeoutError:
        return "no answer"
    finally:
        writer.close()


async def replayed(requests: list[data.Request], port: int, admin: int, upstream: int) -> None:
    """Sends them one after another and prints what became of them."""
    statuses, asked, anew = Counter(), 0, 0
    async with await asyncio.start_server(site, "127.0.0.1", upstream):
        before = await asyncio.to_thread(counts, admin)
        for request in requests:
            statuses[await answered(port, request.raw)] += 1
            now = await asyncio.to_thread(counts, admin)
            asked, anew, before = asked + (now != before), anew + (now["cache_misses"] > before["cache_misses"]), now
    print(f"{len(requests)} requests, answered {dict(statuses)}; with a window that the networks are asked of {asked} ({asked / len(requests):.3%}), asked anew {anew} ({anew / len(requests):.3%})")


def main() -> None:
    """Starts the filter, sends, counts, ends it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "data")
    parser.add_argument("--filter", type=Path, default=root / "target" / "release" / "portcullis")
    args = parser.parse_args()
    requests = [request for request in data.web_requests(args.data) if data.split_of_site(request.site) == "test"]
    port, admin, upstream = free_port(), free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "portcullis.toml"
        # Visits are not judged: these are those of many people, and of one address.
        config.write_text(f'data_dir = "{folder}/data"\n[proxy]\nlisten = "127.0.0.1:{port}"\nupstream = "127.0.0.1:{upstream}"\n[admin]\nlisten = "127.0.0.1:{admin}"\n[behaviour]\nuse_models = false\n', encoding="utf-8")
        with Popen([args.filter, "run", "--config", config], cwd=root, stdout=DEVNULL, stderr=DEVNULL) as running:
            try:
                until_ready(running, admin)
                asyncio.run(replayed(requests, port, admin, upstream))
            finally:
                running.terminate()


if __name__ == "__main__":
    main()
