"""PouchDB Server (Apache-2.0, npm): CouchDB's interface; documents and bulk writes as JSON, selectors with operators, design documents in JavaScript, attachments."""

import base64
import json
from urllib.parse import quote

from driver import Session, Site
from texts import as_html, as_markdown

HOST = {"A": "couch.wanderverein.example", "B": "sync.recettes.example"}
INSTALL = {"npm": ("pouchdb-server", ["pouchdb-server"])}
KINDS = (("PUT .*/_design/|POST .*_temp_view", "code"), ("PUT .*\\.(png|csv|zip)", "upload"), ("POST /_session", "login"), ("(PUT|POST) ", "api"))


def start(site: Site) -> None:
    """A server that keeps all in memory."""
    site.serve("node", site.home / "n-pouchdb-server/node_modules/pouchdb-server/bin/pouchdb-server", "--in-memory", "--port", str(site.port), "--host", "127.0.0.1", "--no-stdout-logs", "--dir", site.folder)


def drive(session: Session) -> None:
    """A web application's own script writes and asks; programs replicate; an administrator looks."""
    session.go("/_utils/")
    session.settle(1500)
    for name in ("notes", "people", "shop"):
        session.fetch("PUT", f"/{name}")
    for number in session.times(70):
        for step, act in (("document", document), ("find", find), ("bulk", bulk), ("view", view)):
            with session.step(step):
                act(session, number)
        if number % 12 == 3:
            with session.step("console"):
                session.go("/_utils/#/database/notes/_all_docs")
                session.settle(1000)


def send(session: Session, method: str, path: str, content: object) -> dict:
    """JSON by the page's own script."""
    return session.fetch(method, path, json.dumps(content, ensure_ascii=False, separators=(",", ":")), Content_Type="application/json", Accept="application/json")


def note(session: Session, number: int) -> dict:
    """A document."""
    article = session.texts.article()
    return {"type": "note", "title": article.title, "body": session.rng.choice((as_html, as_markdown))(article), "tags": session.texts.tags(), "author": {"name": session.texts.name_of(), "address": session.texts.address()}, "stars": number % 6, "draft": number % 2 == 0, "parent": None}


def document(session: Session, number: int) -> None:
    """Writes one, reads it, attaches a file now and then."""
    identity = session.rng.choice((f"note-{number}", f"2026/03/{number}", session.texts.title()[:30]))
    answer = send(session, "PUT", f"/notes/{quote(identity, safe='')}", note(session, number))
    session.fetch("GET", f"/notes/{quote(identity, safe='')}?revs=true&open_revs=all")
    if number % 5 == 0 and answer["status"] == 201:
        revision = json.loads(answer["text"])["rev"]
        session.call("PUT", f"/notes/{quote(identity, safe='')}/bild.png?rev={revision}", data=session.texts.picture(), headers={"Content-Type": "image/png"})


def find(session: Session, number: int) -> None:
    """Selectors, as an application asks."""
    texts = session.texts
    selector = session.rng.choice((
        {"type": "note", "stars": {"$gt": number % 5}}, {"$or": [{"title": {"$regex": "^" + texts.title()[:3]}}, {"tags": {"$in": texts.tags()}}]}, {"author.name": {"$eq": texts.name_of()}, "draft": {"$ne": True}}, {"$and": [{"stars": {"$gte": 1}}, {"stars": {"$lte": 4}}], "parent": {"$exists": False}}, {"title": {"$gt": None}, "tags": {"$elemMatch": {"$eq": texts.tags()[0]}}}, {"$not": {"type": {"$in": ["draft", None]}}},
    ))
    send(session, "POST", "/notes/_find", {"selector": selector, "fields": ["_id", "title"], "limit": 20, "skip": number % 3})
    if number % 10 == 0:
        send(session, "POST", "/notes/_index", {"index": {"fields": ["type", "stars"]}, "name": f"by-stars-{number}", "type": "json"})


def bulk(session: Session, number: int) -> None:
    """Many at once, by a program."""
    people = [{"_id": f"p{number}-{turn}", "name": session.texts.name_of(), "mail": f"o'neil{turn}@example.com", "remark": session.texts.comment(), "picture": base64.b64encode(session.texts.picture()).decode()[:200]} for turn in range(session.rng.randint(1, 4))]
    session.call("POST", "/people/_bulk_docs", session.rng.choice((None, "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "CouchDB-Replicator/3.3.3")), json={"docs": people, "new_edits": True})
    name, price, text = session.texts.product()
    session.call("POST", "/shop", json={"name": name, "price": price, "text": text, "sizes": ["3/4\"", "1\"", "<S>"]})
    session.call("POST", "/people/_revs_diff", "PouchDB/9.0", json={f"p{number}-0": [f"1-{session.rng.getrandbits(128):032x}"]})


def view(session: Session, number: int) -> None:
    """Design documents and questions to them; keys as JSON in the address."""
    if number % 4 == 0:
        helper = session.texts.code("javascript", "typescript")[1]
        send(session, "PUT", f"/notes/_design/d{number}", {"language": "javascript", "views": {"by_tag": {"map": "function (doc) {\n  if (doc.type === 'note' && doc.tags) {\n    doc.tags.forEach(function (tag) { emit([tag, doc.stars], null); });\n  }\n}", "reduce": "_count"}, "other": {"map": "function (doc) { for (var k in doc) { if (doc[k] == \"" + session.texts.tags()[0].replace('"', "") + "\") emit(k, 1); } }"}}, "shows": {"page": "function (doc, req) { return '<h1>' + doc.title + '</h1><script src=\"/app.js\"></script>'; }"}, "lib": {"helper": helper}})
    session.fetch("GET", f"/notes/_design/d{number - number % 4}/_view/by_tag?" + "&".join((f"startkey={quote(json.dumps([session.texts.tags()[0]], ensure_ascii=False))}", "endkey=" + quote('["x",{}]'), "reduce=false", "include_docs=true", "limit=21")))
    session.fetch("GET", "/notes/_all_docs?limit=20&descending=true&startkey=%22" + quote(session.texts.search()) + "%22")
