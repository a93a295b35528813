"""Requests that store a file whose bytes are no text: of what is readable in pictures, archives and documents, much looks like anything."""

import gzip
import io
import random
import struct
import zipfile
import zlib

from benign_web import WEB
from data import Request

TYPES = ("application/octet-stream", "image/png", "image/jpeg", "application/zip", "application/pdf", "application/x-gzip", "audio/mpeg", "font/woff2", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")


def picture(rng: random.Random) -> bytes:
    """A small PNG (https://www.w3.org/TR/png-3/#5DataRep)."""
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))  # noqa: E731
    width, height = rng.randint(1, 40), rng.randint(1, 40)
    rows = b"".join(b"\0" + rng.randbytes(width * 3) for _ in range(height))
    about = chunk(b"tEXt", b"Software\0" + WEB.make(rng, "company").encode("latin-1", "ignore")) if rng.random() < 0.3 else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + about + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def archive(rng: random.Random) -> bytes:
    """A ZIP of some files, packed or as they are."""
    stored, way = io.BytesIO(), rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))
    with zipfile.ZipFile(stored, "w") as file:
        for name in dict.fromkeys(WEB.fill(rng, rng.choice(("«noun».txt", "«noun».csv", "img/«noun».png", "«noun»/«id».xml", "«cap!«noun»» («n»).pdf", "word/document.xml", "META-INF/MANIFEST.MF"))) for _ in range(rng.randint(1, 5))):
            content = picture(rng) if name.endswith("png") else "\n".join(WEB.make(rng, "sentence") for _ in range(rng.randint(1, 8)))
            # Not today's date: the same seed gives the same bytes.
            file.writestr(zipfile.ZipInfo(name), content, way)
    return stored.getvalue()


def document(rng: random.Random) -> bytes:
    """The beginning of a PDF (ISO 32000-1, 7.5)."""
    stream = zlib.compress(rng.randbytes(rng.randint(20, 900)))
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n4 0 obj\n<</Length " + str(len(stream)).encode() + b"/Filter/FlateDecode>>\nstream\n" + stream + b"\nendstream\nendobj\n"


def content(rng: random.Random) -> bytes:
    """The bytes of a file."""
    return rng.choice((picture, archive, archive, document, lambda rng: gzip.compress(WEB.make(rng, "text").encode(), mtime=0), lambda rng: rng.randbytes(rng.randint(30, 1500)), lambda rng: b"\xff\xd8\xff\xe0\0\x10JFIF\0\1" + rng.randbytes(rng.randint(100, 1500))))(rng)


def requests(seed: int, count: int) -> list[Request]:
    """So many files stored, as the whole body or in a form."""
    rng, found = random.Random(seed), []
    for _ in range(count):
        body, kind, name = content(rng), rng.choice(TYPES), WEB.fill(rng, "«noun».«png|zip|pdf|bin|docx|jpg»")
        head = f"PUT /files/{name} HTTP/1.1\r\nHost: files.example.net\r\n"
        if rng.random() < 0.4:
            head = "POST /upload HTTP/1.1\r\nHost: files.example.net\r\n"
            body = f'--XyZ\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode() + body + b"\r\n--XyZ--\r\n"
            kind = "multipart/form-data; boundary=XyZ"
        found.append(Request("generated", f"{head}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body))
    return found
