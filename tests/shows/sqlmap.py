#!/usr/bin/env python3
"""Lets sqlmap (Debian's package) loose on the demo site through the filter, in block mode with block_ip on.

    tests/shows/sqlmap.py

Prints how many requests it made, how many reached the site before the ban and after, and checks by the site's own log
that no refused request reached it. Loopback only; ends after sqlmap gives up or ten minutes. Exit code 0 when the
client was banned and no refused request reached the site.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import Filter

LONGEST = 600


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="show-sqlmap-"))
    show = Filter("embedded", folder, '[behaviour]\nblock_ip = true\nban_duration = "1h"\n')
    command = ["sqlmap", "-u", f"http://127.0.0.1:{show.proxy}/product?id=3", "--batch", "--level", "3", "--risk", "2",
               "--flush-session", "--output-dir", str(folder / "sqlmap"), "--timeout", "10", "--retries", "0",
               "--ignore-code", "403"]
    start = time.monotonic()
    try:
        with open(folder / "sqlmap.log", "w") as log:
            subprocess.run(command, stdout=log, stderr=log, timeout=LONGEST, check=False)
    except subprocess.TimeoutExpired:
        print(f"sqlmap was ended after {LONGEST} s")
    took = time.monotonic() - start
    try:
        time.sleep(1)
        bans = show.api("/api/v1/bans")["bans"]
        records = sorted(show.pages("/api/v1/requests", "requests"), key=lambda record: record["id"])
    finally:
        show.stop()
    reached = set(re.findall(r"\b[0-9a-f]{24}\b", show.site_log.read_text()))
    refused = [record for record in records if record["verdict"] == "refuse"]
    barred = [record for record in refused if record["reason"] == "banned"]
    before = [record for record in records if not barred or record["id"] < barred[0]["id"]]
    through = [record for record in before if record["id"] in reached]
    leaked = [record for record in refused if record["id"] in reached]
    print(f"sqlmap made {len(records)} requests in {took:.0f} s; it was banned after {len(before)}")
    print(f"of those {len(before)}, {len(through)} reached the site and {len(before) - len(through)} were refused as attacks")
    print(f"after the ban {len(barred)} requests were refused at the edge")
    print(f"refused requests in the site's own log: {len(leaked)}")
    for ban in bans:
        print("ban:", {key: ban[key] for key in ("address", "origin", "reason", "evidence", "until") if key in ban})
    print("sqlmap says:", [line for line in (folder / "sqlmap.log").read_text().splitlines() if "CRITICAL" in line][-1:])
    print("kept in", folder)
    return 0 if bans and not leaked else 1


if __name__ == "__main__":
    sys.exit(main())
