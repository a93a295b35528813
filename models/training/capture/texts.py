"""What people write, composed from the hand-written parts of library A or B: titles, articles, mails, tickets, cells, searches.

An author keeps to one language for a piece, writes about ordinary things or about software, and now and then pastes code.
"""

import html
import io
import random
import zipfile
from types import ModuleType
from typing import NamedTuple

import texts_a
import texts_b

LIBRARIES = {"A": texts_a, "B": texts_b}


class Block(NamedTuple):
    """A part of an article: `kind` is paragraph, heading, list, quote, table or code; `extra` is a code's language."""

    kind: str
    text: str
    extra: str = ""


class Article(NamedTuple):
    """A title, its blocks and the author's language."""

    title: str
    blocks: tuple[Block, ...]
    language: str


class Library:
    """Draws pieces of one library; the same seed draws the same pieces."""

    def __init__(self, name: str, seed: str):
        self.name = name
        self.parts: ModuleType = LIBRARIES[name]
        self.rng = random.Random(f"{name}/{seed}")

    def language(self) -> str:
        """A language; one piece in three is English."""
        return "en" if self.rng.random() < 0.33 else self.rng.choice(sorted(self.parts.PROSE))

    def title(self, language: str | None = None, technical: bool = False) -> str:
        """One line."""
        source = self.parts.TECH_TITLES if technical else self.parts.TITLES
        return self.rng.choice(source[language or self.language()])

    def paragraph(self, language: str | None = None, technical: bool = False) -> str:
        """One to three sentences."""
        return self.rng.choice((self.parts.TECH if technical else self.parts.PROSE)[language or self.language()])

    def code(self, *languages: str) -> tuple[str, str]:
        """A piece of code as (language, text), of one of the languages if any is named and known."""
        fitting = [piece for piece in self.parts.CODE if piece[0] in languages]
        return self.rng.choice(fitting or self.parts.CODE)

    def article(self, technical: bool | None = None, blocks: int = 6) -> Article:
        """A piece of up to `blocks` blocks; half of them are about software unless told."""
        language = self.language()
        technical = self.rng.random() < 0.5 if technical is None else technical
        body = [Block("paragraph", self.paragraph(language, technical))]
        body += [self._block(language, technical) for _ in range(self.rng.randint(1, blocks - 1))]
        return Article(self.title(language, technical), tuple(dict.fromkeys(body)), language)

    def _block(self, language: str, technical: bool) -> Block:
        kind = self.rng.choice(("paragraph", "paragraph", "paragraph", "heading", "list", "quote", "table") + (("code", "code", "code") if technical else ("paragraph",)))
        if kind == "code":
            name, text = self.code()
            return Block("code", text, name)
        if kind == "heading":
            return Block("heading", self.title(language, technical))
        if kind == "list":
            return Block("list", "\n".join(self.title(language) for _ in range(self.rng.randint(2, 4))))
        if kind == "table":
            return Block("table", "\n".join(f"{self.name_of()}|{self.rng.randint(1, 999)}|{self.comment(language)}" for _ in range(3)))
        return Block(kind, self.paragraph(language, technical and self.rng.random() < 0.7))

    def comment(self, language: str | None = None) -> str:
        """A short remark."""
        return self.rng.choice(self.parts.COMMENTS[language or self.language()])

    def search(self) -> str:
        """What is typed into a search box."""
        return self.rng.choice(self.parts.SEARCHES)

    def name_of(self) -> str:
        """A person's name."""
        return self.rng.choice(self.parts.NAMES)

    def address(self) -> str:
        """A postal address."""
        return self.rng.choice(self.parts.ADDRESSES)

    def product(self) -> tuple[str, str, str]:
        """A product as (name, price, description)."""
        return self.rng.choice(self.parts.PRODUCTS)

    def tags(self) -> list[str]:
        """One to three tags."""
        return self.rng.sample(self.parts.TAGS, self.rng.randint(1, 3))

    def mail(self) -> str:
        """A letter as plain text: greeting, body, perhaps code and a quoted letter, signature."""
        language = self.language()
        technical = self.rng.random() < 0.4
        body = dict.fromkeys(self.paragraph(language, technical) for _ in range(self.rng.randint(1, 3)))
        parts = [self.rng.choice(self.parts.MAIL_OPENERS), *body]
        if technical and self.rng.random() < 0.6:
            parts.append(self.code()[1])
        parts.append(self.rng.choice(self.parts.MAIL_CLOSINGS))
        if self.rng.random() < 0.5:
            quoted = "\n".join([self.paragraph(language), "", self.paragraph(language, technical)])
            parts += [self.rng.choice(self.parts.QUOTES), "\n".join(f"> {line}" for line in quoted.split("\n"))]
        return "\n\n".join(parts)

    def plain(self, technical: bool | None = None, blocks: int = 3) -> str:
        """An article's body as plain text."""
        return as_plain(self.article(technical, blocks))

    def csv(self, rows: int = 12) -> str:
        """A small table of products, separated by commas."""
        lines = ["id,name,price,customer,remark"]
        for number in range(1, rows + 1):
            name, price, _ = self.product()
            cells = (str(number), name, price, self.name_of(), self.comment())
            lines.append(",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells))
        return "\r\n".join(lines)

    def picture(self) -> bytes:
        """A small valid PNG of random colour."""
        return png(self.rng)

    def archive(self) -> bytes:
        """A ZIP with a text, a table and a picture."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as files:
            files.writestr("readme.txt", self.plain())
            files.writestr("list.csv", self.csv())
            files.writestr("img/logo.png", self.picture())
        return buffer.getvalue()


def png(rng: random.Random) -> bytes:
    """A PNG of 24 by 24 pixels with noise, so that its bytes look like a picture's."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    side = 24
    rows = b"".join(b"\x00" + rng.randbytes(side * 3) for _ in range(side))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def as_plain(article: Article) -> str:
    """Blocks one under another."""
    return "\n\n".join(block.text for block in article.blocks)


def as_html(article: Article) -> str:
    """What an HTML editor would save."""
    return "\n".join(html_block(block) for block in article.blocks)


def html_block(block: Block) -> str:
    """One block as HTML."""
    text = html.escape(block.text, quote=False)
    if block.kind == "list":
        return "<ul>" + "".join(f"<li>{line}</li>" for line in text.split("\n")) + "</ul>"
    if block.kind == "table":
        return "<table border=\"1\"><tbody>" + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in line.split("|")) + "</tr>" for line in text.split("\n")) + "</tbody></table>"
    return {"heading": f"<h2>{text}</h2>", "quote": f"<blockquote><p>{text}</p></blockquote>", "code": f"<pre><code class=\"language-{block.extra}\">{text}</code></pre>"}.get(block.kind, f"<p>{text}</p>")


def as_markdown(article: Article) -> str:
    """The article in Markdown."""
    return "\n\n".join(markdown_block(block) for block in article.blocks)


def markdown_block(block: Block) -> str:
    """One block in Markdown."""
    if block.kind == "list":
        return "\n".join(f"- **{line}**" for line in block.text.split("\n"))
    if block.kind == "table":
        return "| who | n | remark |\n|---|---:|---|\n" + "\n".join(f"| {line.replace('|', ' | ')} |" for line in block.text.split("\n"))
    return {"heading": f"## {block.text}", "quote": f"> {block.text}", "code": f"```{block.extra}\n{block.text}\n```"}.get(block.kind, block.text)


WIKI_SYNTAX = {
    "dokuwiki": {"heading": "===== {t} =====", "quote": "> {t}", "code": "<code {x}>\n{t}\n</code>", "item": "  * //{t}//", "row": "| {t} |", "cell": " | "},
    "mediawiki": {"heading": "== {t} ==", "quote": "<blockquote>{t}</blockquote>", "code": "<syntaxhighlight lang=\"{x}\">\n{t}\n</syntaxhighlight>", "item": "* '''{t}'''", "row": "|-\n| {t}", "cell": " || "},
    "trac": {"heading": "== {t} ==", "quote": "  {t}", "code": "{{{{{{\n#!{x}\n{t}\n}}}}}}", "item": " * '''{t}'''", "row": "|| {t} ||", "cell": " || "},
    "tiddlywiki": {"heading": "!! {t}", "quote": "<<<\n{t}\n<<<", "code": "```{x}\n{t}\n```", "item": "* ''{t}''", "row": "|{t}|", "cell": " |"},
}


def as_wiki(article: Article, syntax: str) -> str:
    """The article in the markup of one of the wikis of `WIKI_SYNTAX`."""
    rules = WIKI_SYNTAX[syntax]
    parts = []
    for block in article.blocks:
        if block.kind == "list":
            parts.append("\n".join(rules["item"].format(t=line) for line in block.text.split("\n")))
        elif block.kind == "table":
            rows = "\n".join(rules["row"].format(t=line.replace("|", rules["cell"])) for line in block.text.split("\n"))
            parts.append("{| class=\"wikitable\"\n" + rows + "\n|}" if syntax == "mediawiki" else rows)
        else:
            parts.append(rules.get(block.kind, "{t}").format(t=block.text, x=block.extra))
    return "\n\n".join(parts)
