#!/usr/bin/env python3
"""Kills the primary of a replica set of three under load: what was answered is what is stored, and nothing twice.

    tests/shows/replica.py [--rate 500] [--seconds 60] [--connections 20] [--kills 1]

Starts three mongod of the same binary, the filter on them, and a steady load; kills the primary with SIGKILL in the
middle (`--kills` times, starting the killed one again in between). At the end the surviving primary's documents are
compared with the ids on the answers. Exit code 0 when they are the same, each once.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import Filter, connects, free_port, mongod_command, wait
from mongo_wire import command
from outage import Load, digest, quantiles


class ReplicaSet:
    def __init__(self, folder: Path):
        self.folder, self.ports, self.members = folder, [free_port() for _ in range(3)], {}
        for port in self.ports:
            (folder / str(port) / "mongod").mkdir(parents=True)
            self.start(port)
        for port in self.ports:
            wait("a member", lambda: connects(port))
        members = [{"_id": index, "host": f"127.0.0.1:{port}"} for index, port in enumerate(self.ports)]
        settings = {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500}
        print("initiate:", command(self.ports[0], {"replSetInitiate": {"_id": "show", "members": members, "settings": settings}}))
        wait("a primary", self.primary)
        self.uri = "mongodb://" + ",".join(member["host"] for member in members) + "/?replicaSet=show"

    def start(self, port: int):
        log = open(self.folder / f"mongod-{port}.log", "a")
        more = ["--replSet", "show", "--oplogSize", "128", "--wiredTigerCacheSizeGB", "0.25"]
        self.members[port] = subprocess.Popen(mongod_command(self.folder / str(port), port, *more), stdout=log, stderr=log)

    def primary(self) -> int:
        for port in self.ports:
            try:
                if command(port, {"hello": 1}, timeout=2).get("isWritablePrimary"):
                    return port
            except OSError:
                pass
        return 0

    def stop(self):
        for member in self.members.values():
            if member.poll() is None:
                member.kill()
                member.wait()


async def play(members: ReplicaSet, load: Load, arguments):
    running = asyncio.create_task(load.run())
    pause = arguments.seconds / (arguments.kills + 1)
    await asyncio.sleep(pause)
    for _ in range(arguments.kills):
        victim = await asyncio.to_thread(wait, "a primary", members.primary)
        members.members[victim].kill()
        members.members[victim].wait()
        killed = time.monotonic()
        heir = await asyncio.to_thread(wait, "another primary", members.primary)
        print(f"killed the primary {victim}; {heir} is primary after {time.monotonic() - killed:.1f} s", flush=True)
        await asyncio.sleep(max(0, pause - (time.monotonic() - killed)))
        members.start(victim)
    load.stop = True
    await running


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--kills", type=int, default=1)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="show-replica-"))
    members = ReplicaSet(folder)
    show = None
    try:
        show = Filter("mongodb", folder, "", uri=members.uri)
        load = Load(show.proxy, arguments.rate, arguments.connections)
        asyncio.run(play(members, load, arguments))
        wait("an empty spool", lambda: show.metric('portcullis_spool_records{spool="activity"}') == 0)
        wait("an empty queue", lambda: show.metric("portcullis_activity_queued") == 0)
        stored = [record["id"] for record in show.pages("/api/v1/requests", "requests")]
        counted = command(wait("a primary", members.primary), {"count": "httplogs"}, "portcullis").get("n")
        spooled = show.metric('portcullis_spool_written_total{spool="activity"}')
    finally:
        if show:
            show.stop()
        members.stop()
    answered = {identity for _, _, identity in load.answers}
    print("all    ", quantiles(load.answers))
    print(f"answered {len(load.answers)} with {len(answered)} ids, hash {digest(answered)}; {load.failures} failed")
    print(f"stored   {counted:.0f} with {len(set(stored))} ids, hash {digest(stored)}; {spooled:.0f} went over the disk")
    whole = answered == set(stored) and counted == len(answered) and not load.failures
    print("sent = stored, none twice" if whole else "NOT the same", "; kept in", folder)
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
