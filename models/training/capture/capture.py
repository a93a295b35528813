"""Captures what browsers and clients send to real applications. Every application runs on loopback with its own folder and is driven twice,
once with each text library, each time from fresh.

    python capture.py --out DIR --apps dokuwiki,jupyter --home DIR
    python capture.py --list

Needs Python 3.11 with `playwright` and `requests`, Debian's chromium, and what the application's file names under INSTALL. Writes DIR/<app>.jsonl:
{"raw"|"raw_b64", "label", "source", "where", "kind", "texts", "body", "time"}.
"""

import argparse
import base64
import functools
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).parent))

from playwright.sync_api import sync_playwright

from driver import Session, Site, launch
from recorder import Recorded, Recorder
from texts import Library

STATIC = re.compile(r"\.(?:m?js|css|map|png|jpe?g|gif|svg|webp|ico|woff2?|ttf|eot|wasm|json5?|po|html?)(?:\?|$)", re.I)
STATIC_KEPT = 25
"""Most requests for static files kept of a run."""
REPEATS_KEPT = 2
"""Most requests kept of the same line and body (a poll, a heartbeat)."""


def applications() -> list[str]:
    """All applications with a file."""
    return sorted(path.stem for path in (Path(__file__).parent / "apps").glob("*.py") if not path.stem.startswith("_"))


@functools.cache
def refresh_package_list() -> None:
    """Once for all applications: security updates take the place of what an older list of packages names."""
    subprocess.run(["apt-get", "update", "-qq"], check=True)


def install(app: ModuleType, home: Path) -> None:
    """What the application needs: {"apt": […], "venv": (name, […]), "npm": (name, […])}; what is there is left."""
    wanted = getattr(app, "INSTALL", {})
    if "venv" in wanted and not (home / f"v-{wanted['venv'][0]}").exists():
        folder = home / f"v-{wanted['venv'][0]}"
        subprocess.run(["python3.11", "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "-q", *wanted["venv"][1]], check=True)
    if "npm" in wanted and not (home / f"n-{wanted['npm'][0]}").exists():
        folder = home / f"n-{wanted['npm'][0]}"
        folder.mkdir(parents=True)
        subprocess.run(["npm", "init", "-y"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", *wanted["npm"][1]], cwd=folder, check=True)
    missing = [name for name in wanted.get("apt", []) if subprocess.run(["dpkg", "-s", name], capture_output=True).returncode]
    if missing:
        refresh_package_list()
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *missing], check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def kind_of(app: ModuleType, request: Recorded) -> str:
    """What a request is: without a body a page or a call; with one by the application's own rules on "METHOD target", then by its content type."""
    line = request.head.split(b"\r\n", 1)[0].decode("latin-1").rsplit(" ", 1)[0]
    head = request.head.decode("latin-1").lower()
    if not request.body:
        return "api" if "/api" in line or "x-requested-with" in head or "accept: application/json" in head else "page"
    for pattern, kind in getattr(app, "KINDS", ()):
        if re.search(pattern, line):
            return kind
    if b'filename="' in request.body and b'filename=""' not in request.body and "multipart/" in head:
        return "upload"
    if re.search(r"login|signin|register|session", line, re.I):
        return "login"
    return "form" if "urlencoded" in head or "multipart/" in head else "api"


def selected(requests: list[Recorded]) -> list[Recorded]:
    """Without the repeats that teach nothing."""
    seen: Counter = Counter()
    static = 0
    kept = []
    for request in requests:
        line = request.head.split(b"\r\n", 1)[0]
        if not request.body and line.startswith(b"GET") and STATIC.search(line.decode("latin-1").rsplit(" ", 1)[0]):
            static += 1
            if static % 7 != 1 or static > 7 * STATIC_KEPT:
                continue
        seen[line, request.body] += 1
        if seen[line, request.body] <= REPEATS_KEPT:
            kept.append(request)
    return kept


def row(app: ModuleType, name: str, texts: str, request: Recorded) -> dict:
    """One line of the output."""
    raw = request.head + request.body
    try:
        content = {"raw": raw.decode("utf-8")}
    except UnicodeDecodeError:
        content = {"raw_b64": base64.b64encode(raw).decode()}
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(request.at))
    return {**content, "label": "norm", "source": f"app/{name}", "where": "request", "kind": kind_of(app, request), "texts": texts, "body": bool(request.body), "time": at}


def capture(app: ModuleType, name: str, texts: str, home: Path, seconds: float) -> list[dict]:
    """Starts the application afresh, drives it with one library, and gives the rows; a crash of the script keeps what came before."""
    site = Site(home, Path(tempfile.mkdtemp(prefix=f"capture-{name}-")), app.HOST[texts])
    recorder = None
    try:
        app.start(site)
        recorder = Recorder(site.port)
        drive(app, site, recorder, texts, seconds)
        return [row(app, name, texts, request) for request in selected(recorder.requests)]
    finally:
        if recorder:
            recorder.stop()
        site.stop()


def drive(app: ModuleType, site: Site, recorder: Recorder, texts: str, seconds: float) -> None:
    """The browser and the person in it."""
    with sync_playwright() as playwright:
        browser = launch(playwright, site, recorder.port)
        session = Session(site, recorder, browser, Library(texts, site.host), seconds)
        try:
            app.drive(session)
        except Exception:
            traceback.print_exc()
            session.page.screenshot(path=os.path.join(tempfile.gettempdir(), f"capture-fault-{texts}.png"))
        finally:
            for fault, count in Counter(session.faults).most_common(12):
                print(f"    fault x{count}: {fault}", file=sys.stderr)
            browser.close()


def report(name: str, rows: list[dict], took: float) -> None:
    """One line on what was taken."""
    with_body = Counter(row["kind"] for row in rows if row["body"])
    print(f"{name}: {len(rows)} requests, {sum(with_body.values())} with a body {dict(with_body)}, {took:.0f} s", flush=True)


def main() -> None:
    """Reads the arguments and captures one application after another."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="name the applications and stop")
    parser.add_argument("--out", type=Path, help="folder for the JSON lines")
    parser.add_argument("--home", type=Path, default=Path.home() / ".cache/portcullis-capture", help="where applications are installed (default: %(default)s)")
    parser.add_argument("--apps", default=",".join(applications()), help="names separated by commas (default: all)")
    parser.add_argument("--texts", default="A,B", help="text libraries (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=150, help="most seconds of driving for an application and library (default: %(default)s)")
    arguments = parser.parse_args()
    if arguments.list or not arguments.out:
        sys.exit("\n".join(applications()))
    os.nice(10)
    arguments.out.mkdir(parents=True, exist_ok=True)
    missing = [name for name in arguments.apps.split(",") if not run(name, arguments)]
    if missing:
        sys.exit(f"nothing was captured of {', '.join(missing)}: what stands above tells why")


def write(path: Path, rows: list[dict]) -> None:
    """Replaces the file as a whole, so that a reader never sees half of it; nothing is written for no rows."""
    if rows:
        draft = path.with_suffix(".part")
        draft.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        shutil.move(draft, path)


def run(name: str, arguments: argparse.Namespace) -> bool:
    """One application, all libraries, one file; an application that does not start is told and left out. Whether there are requests."""
    app = importlib.import_module(f"apps.{name}")
    began = time.monotonic()
    rows: list[dict] = []
    try:
        install(app, arguments.home)
        for texts in arguments.texts.split(","):
            rows += capture(app, name, texts, arguments.home, arguments.seconds)
            write(arguments.out / f"{name}.jsonl", rows)
    except Exception:
        traceback.print_exc()
    report(name, rows, time.monotonic() - began)
    return bool(rows)


if __name__ == "__main__":
    main()
