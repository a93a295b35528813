"""Trac (BSD-3, PyPI): tickets with comments, wiki pages with previews, attachments, queries, reports written in SQL."""

from driver import Session, Site
from texts import as_wiki

HOST = {"A": "trac.werft-nord.example", "B": "bugs.libreria-tecnica.example"}
INSTALL = {"venv": ("misc", ["sqlite-web", "datasette", "wsgidav", "cheroot", "radicale", "isso", "Trac", "setuptools<80"])}
KINDS = (("POST .*/attachment", "upload"), ("POST .*/report", "code"), ("POST .*/(newticket|ticket|wiki|milestone)", "rich-text"))

DOOR = """
import os, sys
os.environ['TRAC_ENV'] = sys.argv[1]
from cheroot import wsgi
from trac.web.main import dispatch_request
wsgi.Server(('127.0.0.1', int(sys.argv[2])), dispatch_request).start()
"""


def start(site: Site) -> None:
    """A new environment where everybody may do everything; a name in the session stands for a login."""
    environment = site.folder / "env"
    program = site.home / "v-misc/bin/trac-admin"
    site.run(program, environment, "initenv", "Werft & Söhne", "sqlite:db/trac.db")
    site.run(program, environment, "permission", "add", "anonymous", "TRAC_ADMIN")
    (site.folder / "door.py").write_text(DOOR)
    site.serve(site.home / "v-misc/bin/python", "door.py", environment, str(site.port))


def drive(session: Session) -> None:
    """A team's week: settings, tickets, comments, wiki, queries, reports."""
    with session.step("preferences"):
        session.go("/prefs")
        session.fill("#name", session.texts.name_of())
        session.fill("#email", "team@example.org")
        session.submit("form#userprefs input[type=submit]")
    made = 0
    for number in session.times(34):
        with session.step("ticket"):
            made += ticket(session)
        with session.step("comment"):
            comment(session, made)
        with session.step("wiki"):
            wiki(session, number)
        with session.step("browse"):
            browse(session, number)
        if number % 4 == 1:
            with session.step("attachment"):
                attachment(session, made)
        if number % 5 == 2:
            with session.step("report"):
                report(session)


def ticket(session: Session) -> int:
    """Files one; previews now and then."""
    session.go("/newticket")
    session.fill("#field-summary", session.texts.title(technical=session.rng.random() < 0.6))
    session.fill("#field-description", as_wiki(session.texts.article(), "trac"))
    session.fill("#field-keywords", " ".join(session.texts.tags()))
    session.fill("#field-reporter, input[name=author]", session.texts.name_of()) if session.rng.random() < 0.5 else None
    if session.rng.random() < 0.3:
        session.submit("input[name=preview]")
    session.submit("input[name=submit]")
    return 1


def comment(session: Session, made: int) -> None:
    """Answers a ticket and changes a field."""
    session.go(f"/ticket/{session.rng.randint(1, max(1, made))}")
    session.page.locator("#comment").fill(session.rng.choice((session.texts.comment() + "\n\n" + as_wiki(session.texts.article(blocks=3), "trac"), "> " + session.texts.paragraph(technical=True) + "\n\n" + session.texts.comment())))
    session.submit("#propertyform input[name=submit], input[name=submit]")


def wiki(session: Session, number: int) -> None:
    """Writes a page."""
    session.go(f"/wiki/{('Anleitung', 'SandBox', 'Протокол', 'HowTo', 'Größen')[number % 5]}{number % 3}?action=edit")
    session.fill("#text", as_wiki(session.texts.article(), "trac"))
    session.fill("#comment", session.texts.comment())
    if number % 3 == 0:
        session.submit("input[name=preview]")
    session.submit("#save, input[name=save]")


def browse(session: Session, number: int) -> None:
    """Searches, queries, the timeline."""
    if number % 2:
        session.go("/search")
        session.fill("#fullsearch input[name=q]", session.texts.search())
        session.submit("#fullsearch input[type=submit]")
    else:
        session.go(session.rng.choice(("/query?status=!closed&summary=~" + session.texts.search()[:6].replace("#", "") + "&col=id&col=summary&order=priority", "/timeline", "/roadmap", "/report/1?sort=ticket&asc=1&page=1", "/wiki/TitleIndex", "/query?owner=~o'neil&desc=1&order=id")))


def attachment(session: Session, made: int) -> None:
    """Attaches a file to a ticket."""
    name, mime, data = session.rng.choice((("trace (1).txt", "text/plain", session.texts.plain(True).encode()), ("shot.png", "image/png", session.texts.picture()), ("patch.diff", "text/x-diff", ("--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n-" + session.texts.code()[1].replace("\n", "\n+")).encode()), ("data.csv", "text/csv", session.texts.csv().encode())))
    session.go(f"/attachment/ticket/{session.rng.randint(1, max(1, made))}/?action=new")
    session.upload("input[type=file]", name, mime, data)
    session.fill("input[name=description]", session.texts.comment())
    session.submit("#attachment input[type=submit], input[value*=attachment]")


def report(session: Session) -> None:
    """A new report in SQL."""
    session.go("/report?action=new")
    session.fill("#title", session.texts.title(technical=True))
    session.fill("#description", as_wiki(session.texts.article(blocks=2), "trac"))
    session.fill("#query", session.rng.choice(("SELECT id AS ticket, summary, component, version\n  FROM ticket\n  WHERE status <> 'closed' AND owner = $USER\n  ORDER BY CAST(priority AS integer), time DESC", "SELECT DISTINCT p.value AS __color__, t.id AS ticket, summary FROM ticket t\nLEFT JOIN enum p ON p.name = t.priority AND p.type = 'priority'\nUNION SELECT 1, 2, 'none' WHERE 1=0", session.texts.code("sql")[1])))
    session.submit("#edit_report input[type=submit], input[value*=ave]")
