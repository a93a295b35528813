"""A small reverse proxy on loopback that keeps each request whole, as it came off the wire."""

import asyncio
import threading
import time
from typing import NamedTuple

HEAD_LIMIT = 256 * 1024
BODY_LIMIT = 16 * 1024 * 1024
IDLE = 60.0
"""Seconds without a byte after which a connection is given up."""

HOP_HEADERS = (b"connection:", b"keep-alive:", b"proxy-connection:", b"expect:")


class Recorded(NamedTuple):
    """One request: its bytes with a body that is no longer chunked, and when it came (seconds since the epoch)."""

    head: bytes
    body: bytes
    at: float


class Recorder:
    """Listens on a free port, forwards to `upstream_port`, and collects requests while `on` is true."""

    def __init__(self, upstream_port: int):
        self.upstream_port = upstream_port
        self.port = 0
        self.on = True
        self.requests: list[Recorded] = []
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, daemon=True).start()
        if not self._ready.wait(10):
            raise RuntimeError("the recorder does not listen after ten seconds")

    def stop(self) -> None:
        """Ends the loop; connections still open are dropped."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_LIMIT))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._exchange(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.TimeoutError, ValueError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE)
        lines = head[:-4].split(b"\r\n")
        if any(line.lower() == b"expect: 100-continue" for line in lines):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body, lines = await read_body(reader, lines)
        if self.on:
            self.requests.append(Recorded(b"\r\n".join(lines) + b"\r\n\r\n", body, time.time()))
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port, limit=HEAD_LIMIT)
        try:
            upgrade = header(lines, b"upgrade") is not None
            upstream_writer.write(forwarded(lines, upgrade) + body)
            await (tunnel(reader, writer, upstream_reader, upstream_writer) if upgrade else relay(upstream_reader, writer))
        finally:
            upstream_writer.close()


def header(lines: list[bytes], name: bytes) -> bytes | None:
    """The value of the first header of that lower-case name."""
    return next((line.split(b":", 1)[1].strip() for line in lines[1:] if line.lower().startswith(name + b":")), None)


async def read_body(reader: asyncio.StreamReader, lines: list[bytes]) -> tuple[bytes, list[bytes]]:
    """The body, and the head's lines with a length in place of a chunked coding."""
    if (header(lines, b"transfer-encoding") or b"").lower() == b"chunked":
        body = await read_chunks(reader)
        kept = [line for line in lines if not line.lower().startswith(b"transfer-encoding:")]
        return body, kept + [b"Content-Length: %d" % len(body)]
    length = int(header(lines, b"content-length") or 0)
    if length > BODY_LIMIT:
        raise ValueError("body too long")
    return await asyncio.wait_for(reader.readexactly(length), IDLE), lines


async def read_chunks(reader: asyncio.StreamReader) -> bytes:
    """All chunks together; trailers are dropped."""
    body = b""
    while size := int((await reader.readline()).split(b";")[0].strip(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
        if len(body) > BODY_LIMIT:
            raise ValueError("body too long")
    while (await reader.readline()).strip():
        pass
    return body


def forwarded(lines: list[bytes], upgrade: bool) -> bytes:
    """The head for the application: one request a connection, or the upgrade as it was asked for."""
    if upgrade:
        return b"\r\n".join(lines) + b"\r\n\r\n"
    kept = [line for line in lines if not line.lower().startswith(HOP_HEADERS)]
    return b"\r\n".join(kept + [b"Connection: close"]) + b"\r\n\r\n"


async def relay(upstream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes one answer on and tells the client that the connection ends with it."""
    head = await asyncio.wait_for(upstream.readuntil(b"\r\n\r\n"), IDLE)
    lines = [line for line in head[:-4].split(b"\r\n") if not line.lower().startswith(HOP_HEADERS)]
    writer.write(b"\r\n".join(lines + [b"Connection: close"]) + b"\r\n\r\n")
    await pump(upstream, writer)


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Copies until the source ends or is silent for too long."""
    while data := await asyncio.wait_for(source.read(65536), IDLE):
        sink.write(data)
        await sink.drain()


async def tunnel(reader, writer, upstream_reader, upstream_writer) -> None:
    """Both ways at once, unrecorded, until either side ends: WebSocket frames are not requests."""
    tasks = [asyncio.ensure_future(pump(reader, upstream_writer)), asyncio.ensure_future(pump(upstream_reader, writer))]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
