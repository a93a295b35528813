"""TiddlyWiki on Node.js (BSD-3, npm): each tiddler saved as JSON by PUT, drafts included; the story list with every click."""

from driver import Session, Site
from texts import as_html, as_markdown, as_wiki

HOST = {"A": "tiddly.gartenfreunde.example", "B": "notes.atelier-sud.example"}
INSTALL = {"npm": ("tiddlywiki", ["tiddlywiki"])}
KINDS = (("PUT .*StoryList|PUT .*%24%3A%2Fstate", "api"), ("PUT .*/upload", "upload"), ("PUT .*tiddlers", "rich-text"))


def start(site: Site) -> None:
    """An empty server wiki."""
    program = site.home / "n-tiddlywiki/node_modules/.bin/tiddlywiki"
    site.run(program, site.folder / "wiki", "--init", "server")
    site.serve(program, site.folder / "wiki", "--listen", f"port={site.port}", "host=127.0.0.1", "username=ana", "password=1+1=2;ok")


def drive(session: Session) -> None:
    """Logs in by basic authentication, then writes tiddlers; the wiki's own syncer sends them."""
    session.page.context.set_extra_http_headers({"Authorization": "Basic YW5hOjErMT0yO29r"})
    session.go("/")
    session.page.wait_for_function("window.$tw && $tw.syncer && $tw.wiki", timeout=20000)
    for number in session.times(45):
        with session.step("write"):
            write(session, number)
        if number % 5 == 0:
            with session.step("search"):
                session.fill(".tc-search input", session.texts.search())
                session.settle(800)
    for number in session.times(15):
        with session.step("api"):
            programs(session, number)


def write(session: Session, number: int) -> None:
    """A draft with its half-written text, then the tiddler, and the story list that names it."""
    article = session.texts.article()
    text, kind = session.rng.choice(((as_wiki(article, "tiddlywiki"), "text/vnd.tiddlywiki"), (as_wiki(article, "tiddlywiki"), "text/vnd.tiddlywiki"), (as_markdown(article), "text/x-markdown"), (as_html(article), "text/html"), (session.texts.code("javascript")[1], "application/javascript")))
    title = f"{article.title} {number}" if number % 4 else article.title
    fields = {"title": title, "text": text, "type": kind, "tags": session.texts.tags(), "caption": session.texts.comment()}
    session.page.evaluate("""([f, half]) => {
        const draft = 'Draft of \\'' + f.title + '\\'';
        const stamps = {created: new Date(), modified: new Date(), creator: 'ana', modifier: 'ana'};
        $tw.wiki.addTiddler(new $tw.Tiddler(f, {title: draft, text: half, 'draft.of': f.title, 'draft.title': f.title}, stamps));
    }""", [fields, text[: len(text) // 2]])
    session.settle(1300)
    session.page.evaluate("""(f) => {
        const draft = 'Draft of \\'' + f.title + '\\'';
        $tw.wiki.deleteTiddler(draft);
        $tw.wiki.addTiddler(new $tw.Tiddler(f, {created: new Date(), modified: new Date(), creator: 'ana', modifier: 'ana'}));
        $tw.wiki.addTiddler(new $tw.Tiddler({title: '$:/StoryList', list: [f.title].concat($tw.wiki.getTiddlerList('$:/StoryList'))}));
    }""", fields)
    session.settle(1300)


def programs(session: Session, number: int) -> None:
    """A script that puts tiddlers and pictures, and asks with filters."""
    headers = {"X-Requested-With": "TiddlyWiki"}
    auth = ("ana", "1+1=2;ok")
    session.call("PUT", f"/recipes/default/tiddlers/log-{number}", headers=headers, auth=auth, json={"text": session.texts.plain(True), "tags": " ".join(f"[[{tag}]]" for tag in session.texts.tags()), "fields": {"source": session.texts.name_of()}})
    session.call("GET", "/recipes/default/tiddlers.json", auth=auth, params={"filter": f"[all[tiddlers]!is[system]search[{session.texts.search()}]sort[title]]"})
    if number % 3 == 0:
        import base64

        session.call("PUT", f"/recipes/default/tiddlers/upload{number}.png", headers=headers, auth=auth, json={"type": "image/png", "text": base64.b64encode(session.texts.picture()).decode()})
