"""The demo site, the filter in front of it and, where asked for, a mongod, all on free loopback ports.

What is started here is ended here, by its own process.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Another build of it by PORTCULLIS_BINARY.
BINARY = Path(os.environ.get("PORTCULLIS_BINARY", ROOT / "target/release/portcullis"))
RUNTIME = os.environ.get("ORT_DYLIB_PATH", str(ROOT / "tools/onnxruntime/libonnxruntime.so"))
TOKEN = "token-of-the-show-0123456789"
DEADLINE = 600


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait(what: str, condition):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    sys.exit(f"waited {DEADLINE} s in vain for {what}")


def alive(child: subprocess.Popen) -> None:
    """Ends the show when what it needs has ended."""
    if child.poll() is not None:
        sys.exit(f"{child.args[0]} {child.args[1]} ended with {child.returncode}: see its log")


def connects(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def mongod_command(folder: Path, port: int, *more: str) -> list:
    mongod = shutil.which("mongod") or str(ROOT / "tools/mongodb/bin/mongod")
    # Uncompressed, so that a search of the raw files means something.
    return [mongod, "--dbpath", str(folder / "mongod"), "--port", str(port), "--bind_ip", "127.0.0.1",
            "--wiredTigerCollectionBlockCompressor", "none", "--wiredTigerJournalCompressor", "none", *more]


class Filter:
    """The demo site, the filter in front of it and, where asked for, a mongod."""

    def __init__(self, kind: str, folder: Path, sections: str, storage: str = "", uri: str = ""):
        """`sections`: more configuration; whole sections but [proxy], [admin] and [storage]. `storage`: more keys of
        [storage]. `uri`: a MongoDB that is there already."""
        self.folder, self.site_log, self.children = folder, folder / "site.log", []
        self.proxy, self.admin, site = free_port(), free_port(), free_port()
        self.mongod = self.mongod_port = None
        if kind == "mongodb" and not uri:
            self.mongod_port = free_port()
            (folder / "mongod").mkdir()
            self.mongod = self.start(mongod_command(folder, self.mongod_port), "mongod.log")
            wait("mongod", lambda: connects(self.mongod_port))
            uri = f"mongodb://127.0.0.1:{self.mongod_port}"
        if kind == "mongodb":
            storage = f'kind = "mongodb"\nuri = "{uri}"\n{storage}'
        config = folder / "show.toml"
        config.write_text(f'data_dir = "{folder / "data"}"\n[proxy]\nlisten = "127.0.0.1:{self.proxy}"\n'
                          f'upstream = "127.0.0.1:{site}"\n[admin]\nlisten = "127.0.0.1:{self.admin}"\n'
                          f'[storage]\n{storage}{sections}')
        self.start([str(BINARY), "demo-site", "--listen", f"127.0.0.1:{site}", "--log", str(self.site_log)], "site.err")
        wait("the demo site", lambda: connects(site))
        self.start_filter()

    def start_filter(self):
        """Starts the filter, again after it was killed."""
        self.filter = self.start([str(BINARY), "run", "--config", str(self.folder / "show.toml")], "filter.log")
        wait("the filter", lambda: alive(self.filter) or connects(self.admin) and connects(self.proxy))

    def start(self, command: list, log: str) -> subprocess.Popen:
        out = open(self.folder / log, "a")
        environment = {**os.environ, "PORTCULLIS_ADMIN_TOKEN": TOKEN, "ORT_DYLIB_PATH": RUNTIME}
        environment.pop("MONGO_URI", None)
        child = subprocess.Popen(command, stdout=out, stderr=out, env=environment, cwd=ROOT)
        self.children.append(child)
        return child

    def api(self, path: str) -> dict:
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin}{path}", headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=60) as answer:
            return answer.read().decode()

    def metric(self, name: str, text: str = "") -> float:
        lines = (text or self.metrics()).splitlines()
        return next(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name + " "))

    def pages(self, path: str, key: str):
        before = ""
        while True:
            page = self.api(f"{path}?limit=1000{before}")
            yield from page[key]
            if not page.get("next"):
                return
            before = "&before=" + page["next"]

    def stop(self):
        for child in reversed(self.children):
            if child.poll() is None:
                child.send_signal(signal.SIGCONT)
                child.terminate()
                child.wait(120)
