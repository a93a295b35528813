"""Gives each visitor an address of its own: a port for it to speak to, from where the filter is reached from that address.

Few tools let one choose the source address. The bytes are passed on as they are; only the loopback address differs.
"""

import asyncio
import threading


class Relay:
    """Relays on one thread; `port` opens one, `close` ends all."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.servers = {}
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def port(self, source: str, target: int) -> int:
        """A port of 127.0.0.1 whose connections reach the port `target` from the address `source`."""
        return asyncio.run_coroutine_threadsafe(self.serve(source, target), self.loop).result(30)

    def shut(self, port: int) -> None:
        """Ends one port."""
        self.loop.call_soon_threadsafe(self.servers.pop(port).close)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    async def serve(self, source: str, target: int) -> int:
        async def on_connection(reader, writer):
            try:
                onward = await asyncio.open_connection("127.0.0.1", target, local_addr=(source, 0))
            except OSError:
                writer.close()
                return
            await asyncio.gather(pass_on(reader, onward[1]), pass_on(onward[0], writer))

        server = await asyncio.start_server(on_connection, "127.0.0.1", 0, backlog=1024)
        port = server.sockets[0].getsockname()[1]
        self.servers[port] = server
        return port


async def pass_on(reader, writer) -> None:
    """Passes bytes on until one side ends."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
