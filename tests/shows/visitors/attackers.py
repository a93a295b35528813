"""Real attack tools of Debian's packages, as commands against the demo site; every one bounded in time.

    apt-get install hydra dirb gobuster wfuzz nmap siege apache2-utils sqlmap
"""

import random
import subprocess
import time
from pathlib import Path

DIRB, WFUZZ = Path("/usr/share/dirb/wordlists"), Path("/usr/share/wfuzz/wordlist")
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def sqlmap(url: str, rng: random.Random, folder: Path) -> list[str]:
    target = rng.choice((["-u", f"{url}/product?id=3"], ["-u", f"{url}/search?q=tea"], ["-u", f"{url}/login", "--data", "username=demo&password=x"],
                         ["-u", f"{url}/comments", "--data", "author=me&text=hello"], ["-u", f"{url}/", "--crawl", "2", "--forms"]))
    speed = rng.choice(([], [], ["--delay", "0.2"], ["--delay", "1"], ["--threads", "4"]))
    disguise = rng.choice(([], ["--random-agent"], ["--tamper", "space2comment"], ["--tamper", "randomcase"], ["--technique", "T"], ["--technique", "U"]))
    level = ["--level", str(rng.randint(1, 3)), "--risk", str(rng.randint(1, 2))]
    return ["sqlmap", *target, *speed, *disguise, *level, "--batch", "--flush-session", "--output-dir", str(folder), "--timeout", "10",
            "--retries", "0", "--ignore-code", "401,403", "--disable-coloring"]


def hydra(url: str, rng: random.Random, folder: Path) -> list[str]:
    words = (DIRB / "common.txt").read_text(errors="replace").split()
    # ":" and "^" mean something to hydra.
    passwords = [word for word in rng.sample(words, 400) if word.isalnum()][: rng.choice((20, 60, 200))]
    (folder / "passwords").write_text("\n".join(passwords))
    (folder / "names").write_text("\n".join(rng.sample(("admin", "root", "anna", "test", "guest", "info"), 3)))
    who = rng.choice((["-l", "admin"], ["-l", "demo"], ["-L", str(folder / "names")]))
    speed = rng.choice((["-t", "1"], ["-t", "4"], ["-t", "16"], ["-t", "1", "-c", "1"], ["-t", "2", "-W", "1"]))
    port = url.rsplit(":", 1)[1]
    return ["hydra", *who, "-P", str(folder / "passwords"), *speed, "-I", "-s", port, "127.0.0.1", "http-post-form",
            "/login:username=^USER^&password=^PASS^:F=do not go together"]


def dirb(url: str, rng: random.Random, folder: Path) -> list[str]:
    words = DIRB / rng.choice(("common.txt", "small.txt", "vulns/apache.txt", "spanish.txt"))
    speed = rng.choice(([], [], ["-z", "50"], ["-z", "300"], ["-z", "1000"]))
    disguise = rng.choice(([], ["-a", AGENT], ["-X", ".php"], ["-X", ".bak,.old"]))
    return ["dirb", f"{url}/", str(words), "-S", "-r", *speed, *disguise]


def gobuster(url: str, rng: random.Random, folder: Path) -> list[str]:
    words = DIRB / rng.choice(("common.txt", "big.txt", "small.txt"))
    speed = rng.choice((["-t", "10"], ["-t", "4"], ["-t", "1", "--delay", "100ms"], ["-t", "2", "--delay", "700ms"]))
    disguise = rng.choice(([], ["-a", AGENT], ["-x", "php,bak"], ["--random-agent"]))
    return ["gobuster", "dir", "-q", "--no-error", "-u", f"{url}/", "-w", str(words), *speed, *disguise]


def wfuzz(url: str, rng: random.Random, folder: Path) -> list[str]:
    lists = {"FUZZ": "general/common.txt", "search?q=FUZZ": "Injections/SQL.txt", "product?id=FUZZ": "Injections/All_attack.txt",
             "static/FUZZ": "Injections/Traversal.txt", "comments?page=FUZZ": "Injections/XSS.txt", ".FUZZ": "general/medium.txt"}
    place = rng.choice(list(lists))
    speed = rng.choice((["-t", "10"], ["-t", "2"], ["-t", "1", "-s", "0.3"]))
    return ["wfuzz", "-c", "--hc", "404", *speed, "-w", str(WFUZZ / lists[place]), f"{url}/{place}"]


def nmap(url: str, rng: random.Random, folder: Path) -> list[str]:
    scripts = rng.choice(("+http-enum", "+http-sql-injection,+http-csrf,+http-headers", "+http-enum,+http-methods,+http-title,+http-robots.txt",
                          "+http-config-backup,+http-backup-finder,+http-git", "+http-form-brute,+http-brute", "+http-vuln*,+http-shellshock,+http-passwd"))
    timing = rng.choice(("-T3", "-T4"))
    return ["nmap", "-Pn", "-n", "-sT", timing, "-p", url.rsplit(":", 1)[1], "--script", scripts, "127.0.0.1"]


def siege(url: str, rng: random.Random, folder: Path) -> list[str]:
    (folder / "urls").write_text("\n".join(f"{url}{path}" for path in rng.sample(("/", "/search?q=oak", "/product?id=2", "/product?id=6", "/comments", "/login"), 4)))
    load = rng.choice((["-c", "10"], ["-c", "25"], ["-c", "4"]))
    return ["siege", "-b", "--no-parser", *load, "-r", str(rng.choice((20, 40, 80))), "-f", str(folder / "urls")]


def ab(url: str, rng: random.Random, folder: Path) -> list[str]:
    load = rng.choice((["-c", "1"], ["-c", "8"], ["-c", "20", "-k"]))
    return ["ab", "-q", "-n", str(rng.choice((200, 400, 800))), *load, f"{url}{rng.choice(('/', '/search?q=wool', '/product?id=4'))}"]


TOOLS = {make.__name__: make for make in (sqlmap, hydra, dirb, gobuster, wfuzz, nmap, siege, ab)}
"""By name; each makes a command of the site's address, chance, and a folder for its files."""


def run(command: list[str], log: Path, longest: float) -> float:
    """Runs a tool for `longest` seconds at most; how long it took."""
    start = time.monotonic()
    with open(log, "w") as out:
        child = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=log.parent)
        try:
            child.wait(longest)
        except subprocess.TimeoutExpired:
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
    return time.monotonic() - start
