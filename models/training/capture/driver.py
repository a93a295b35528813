"""What every application's script is given: a folder, a browser, an HTTP client and the texts; and how a server is started."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import Browser, Page, Playwright

from recorder import Recorder
from texts import Library

BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36 Edg/{v}.0.0.0",
    "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Mobile Safari/537.36",
)
LOCALES = ("en-GB", "de-DE", "fr-FR", "es-ES", "pl-PL", "ja-JP", "ru-RU", "tr-TR", "pt-BR", "zh-CN", "it-IT", "ko-KR", "el-GR", "ar-EG")
WAIT_MS = 5000
"""How long a click or a navigation may take."""


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Site:
    """One application while it runs: its folder, port, public address and the processes that end with it."""

    def __init__(self, home: Path, folder: Path, host: str):
        self.home, self.folder, self.host = home, folder, host
        self.port = free_port()
        self.processes: list[subprocess.Popen] = []
        self.cleanups: list[Callable[[], object]] = []

    @property
    def url(self) -> str:
        """The address people use."""
        return f"http://{self.host}"

    @property
    def local(self) -> str:
        """The application's own address, past the recorder."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, *command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None, timeout: float = 300, text: str | None = None) -> str:
        """Runs a command to its end and gives its output; fails loudly."""
        done = subprocess.run([str(part) for part in command], cwd=cwd or self.folder, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=timeout, input=text)
        if done.returncode:
            raise RuntimeError(f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
        return done.stdout

    def serve(self, *command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None, path: str = "/", port: int | None = None) -> None:
        """Starts a server and waits until it answers on the port."""
        place = self.folder / f"server{len(self.processes)}.log"
        log = open(place, "wb")
        process = subprocess.Popen([str(part) for part in command], cwd=cwd or self.folder, env={**os.environ, **(env or {})}, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        self.processes.append(process)
        wait_for_port(port or self.port, process, place)
        if port is None:
            wait_for_answer(self.local + path)

    def php(self, root: Path, router: Path | None = None) -> None:
        """Serves a folder with PHP's own web server."""
        self.serve("php", "-d", "upload_max_filesize=32M", "-d", "post_max_size=32M", "-d", "variables_order=EGPCS", "-d", "display_errors=0", "-d", "session.save_path=" + str(self.folder), "-S", f"127.0.0.1:{self.port}", "-t", root, *([router] if router else []), env={"PHP_CLI_SERVER_WORKERS": "3"})

    def stop(self) -> None:
        """Ends all that was started here, with what it started itself, and removes the folder."""
        for process in reversed(self.processes):
            end(process)
        for cleanup in self.cleanups:
            cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


def end(process: subprocess.Popen) -> None:
    """Ends a process and its own group, politely first."""
    for signal in (15, 9):
        try:
            os.killpg(process.pid, signal)
            process.wait(10)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def wait_for_port(port: int, process: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    """Until something listens on the port."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode} before it listened: {log.read_text(errors='replace')[-800:]}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise RuntimeError(f"nothing listens on {port} after {seconds} seconds")


def wait_for_answer(url: str, seconds: float = 60) -> None:
    """Until an address answers with anything below 500."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=20, allow_redirects=False).status_code < 500:
                return
        except requests.RequestException:
            pass
        time.sleep(0.3)
    raise RuntimeError(f"{url} does not answer after {seconds} seconds")


class Session:
    """A person at the application: a page, the texts, and a clock."""

    def __init__(self, site: Site, recorder: Recorder, browser: Browser, texts: Library, seconds: float):
        self.site, self.recorder, self.browser, self.texts = site, recorder, browser, texts
        self.rng = texts.rng
        self.deadline = time.monotonic() + seconds
        self.faults: list[str] = []
        self.page: Page = self.person()

    def person(self) -> Page:
        """A new browser profile (no cookies) of some make and language, with one page."""
        version = self.rng.choice((136, 141, 149, 156))
        locale = self.rng.choice(LOCALES)
        spoken = {"Accept-Language": f"{locale},{locale[:2]};q=0.9,en-US;q=0.8,en;q=0.7"}
        context = self.browser.new_context(user_agent=self.rng.choice(BROWSERS[:4]).format(v=version), extra_http_headers=spoken, base_url=self.site.url, viewport={"width": 1360, "height": 900}, accept_downloads=False)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.accept(self.texts.title()) if dialog.type == "prompt" else dialog.accept())
        self.page = page
        return page

    @property
    def time_left(self) -> bool:
        """Whether the bound in time allows more."""
        return time.monotonic() < self.deadline

    def go(self, path: str) -> None:
        """Opens a page of the site and waits for its document."""
        self.page.goto(path, wait_until="domcontentloaded")

    def fill(self, selector: str, text: str) -> None:
        """Fills the first visible field that fits."""
        self.page.locator(selector).first.fill(text)

    def click(self, selector: str) -> None:
        """Clicks the first fit."""
        self.page.locator(selector).first.click()

    def submit(self, selector: str) -> None:
        """Clicks the first fit and waits until the page that follows is there."""
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            self.page.locator(selector).first.click()

    def settle(self, ms: int = 700) -> None:
        """Lets the page's own requests go out."""
        try:
            self.page.wait_for_load_state("networkidle", timeout=ms)
        except Exception:
            pass

    def upload(self, selector: str, name: str, mime: str, data: bytes) -> None:
        """Chooses a file in a file field."""
        self.page.locator(selector).first.set_input_files({"name": name, "mimeType": mime, "buffer": data})

    def fetch(self, method: str, path: str, body: str | None = None, **headers: str) -> dict:
        """A request by the page's own script, with its cookies; gives status and text."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.page.evaluate("async ([m, p, b, h]) => { const r = await fetch(p, {method: m, body: b === null ? undefined : b, headers: h}); return {status: r.status, text: (await r.text()).slice(0, 200000)}; }", [method, path, body, names])

    def call(self, method: str, path: str, agent: str | None = None, **options) -> requests.Response:
        """A request by a program (python-requests unless `agent` names another) through the recorder."""
        headers = {"Host": self.site.host, **({"User-Agent": agent} if agent else {}), **(options.pop("headers", None) or {})}
        return requests.request(method, f"http://127.0.0.1:{self.recorder.port}{path}", headers=headers, timeout=30, allow_redirects=False, **options)

    def curl(self, *arguments: str | Path) -> str:
        """curl, with the site's name resolved to the recorder; give the address as `{url}/path`."""
        command = ["curl", "-s", "--max-time", "30", "--resolve", f"{self.site.host}:{self.recorder.port}:127.0.0.1", "-H", f"Host: {self.site.host}"]
        done = subprocess.run(command + [str(part).replace("{url}", f"http://{self.site.host}:{self.recorder.port}") for part in arguments], capture_output=True, timeout=60)
        return done.stdout.decode("utf-8", "replace")

    def times(self, count: int) -> Iterator[int]:
        """Counts, and stops early when the time is up."""
        for number in range(count):
            if not self.time_left:
                return
            yield number

    @contextmanager
    def step(self, name: str):
        """A piece of driving that may fail without ending the run; faults are counted and told."""
        try:
            yield
        except Exception as fault:  # a page that does not do what was expected is no reason to lose the rest
            self.faults.append(f"{name}: {' '.join(str(fault).split())[:240]}")


def launch(playwright: Playwright, site: Site, port: int) -> Browser:
    """Chromium without pictures, that finds every name at the recorder and takes the site for one with a certificate."""
    flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--blink-settings=imagesEnabled=false", f"--host-resolver-rules=MAP {site.host} 127.0.0.1:{port}, MAP * ~NOTFOUND", f"--unsafely-treat-insecure-origin-as-secure={site.url}", "--disable-background-networking", "--disable-component-update"]
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), headless=True, args=flags)
