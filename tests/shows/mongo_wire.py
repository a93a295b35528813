"""As much of MongoDB's wire protocol as the shows need: one command, one answer. No driver to install."""

import socket
import struct


def encode(document: dict) -> bytes:
    body = b""
    for name, value in document.items():
        key = name.encode() + b"\0"
        match value:
            case bool():
                body += b"\x08" + key + bytes([value])
            case int():
                body += b"\x10" + key + struct.pack("<i", value)
            case float():
                body += b"\x01" + key + struct.pack("<d", value)
            case str():
                text = value.encode() + b"\0"
                body += b"\x02" + key + struct.pack("<i", len(text)) + text
            case dict():
                body += b"\x03" + key + encode(value)
            case list():
                body += b"\x04" + key + encode({str(index): item for index, item in enumerate(value)})
            case _:
                raise TypeError(f"no BSON for {value!r}")
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def decode(data: bytes, at: int = 0) -> dict:
    """The document that begins at `at`; types the shows do not read stand as bytes."""
    end, at, document = at + struct.unpack_from("<i", data, at)[0] - 1, at + 4, {}
    while at < end:
        kind, stop = data[at], data.index(b"\0", at + 1)
        name, at = data[at + 1:stop].decode(), stop + 1
        if kind in (0x02, 0x03, 0x04, 0x05):
            size = struct.unpack_from("<i", data, at)[0]
            if kind == 0x02:
                document[name], at = data[at + 4:at + 3 + size].decode(), at + 4 + size
            elif kind == 0x05:
                document[name], at = data[at + 5:at + 5 + size], at + 5 + size
            else:
                inner = decode(data, at)
                document[name], at = (list(inner.values()) if kind == 0x04 else inner), at + size
        elif kind == 0x0A:
            document[name] = None
        else:
            size = {0x01: 8, 0x07: 12, 0x08: 1, 0x09: 8, 0x10: 4, 0x11: 8, 0x12: 8}[kind]
            raw, at = data[at:at + size], at + size
            number = {0x01: "<d", 0x10: "<i", 0x12: "<q", 0x08: "<?", 0x09: "<q"}.get(kind)
            document[name] = struct.unpack(number, raw)[0] if number else raw
    return document


def command(port: int, document: dict, database: str = "admin", timeout: float = 60) -> dict:
    """Runs a command and gives the answer, whatever it says."""
    message = b"\0\0\0\0\0" + encode({**document, "$db": database})
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(struct.pack("<iiii", len(message) + 16, 1, 0, 2013) + message)
        data = b""
        while len(data) < 4 or len(data) < struct.unpack_from("<i", data)[0]:
            part = connection.recv(1 << 16)
            if not part:
                raise ConnectionError("mongod closed the connection")
            data += part
    return decode(data, 21)

