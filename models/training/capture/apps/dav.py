"""Radicale and WsgiDAV (GPL-3 and MIT, PyPI) behind one door: calendars, cards and files over WebDAV, as synchronising clients speak it."""

from xml.sax.saxutils import escape

from driver import Session, Site
from texts import as_html, as_markdown

HOST = {"A": "cloud.chorverband.example", "B": "dav.cabinet-vert.example"}
INSTALL = {"venv": ("misc", ["sqlite-web", "datasette", "wsgidav", "cheroot", "radicale", "isso", "Trac", "setuptools<80"])}
KINDS = (("PUT .*\\.(ics|vcf)", "api"), ("PUT .*\\.(py|sh|sql|js|html|md|php|xml)", "code"), ("PUT ", "upload"), ("(PROPFIND|REPORT|PROPPATCH|LOCK|MKCALENDAR|MKCOL)", "api"))
AGENTS = ("DAVx5/4.4.3-ose (2026/01/10; dav4jvm; okhttp/4.12.0) Android/14", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0", "macOS/14.5 (23F79) CalendarAgent/1019", "iOS/17.5 (21F79) dataaccessd/1.0", "Microsoft-WebDAV-MiniRedir/10.0.22631", "gvfs/1.54.0", "cadaver/0.24 neon/0.32.5", "Mozilla/5.0 (Windows) mirall/3.14.1")
DOOR = """
import sys
from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp
from radicale import Application
from radicale import config
folder, port = sys.argv[1], int(sys.argv[2])
settings = config.load()
settings.update({'auth': {'type': 'none'}, 'rights': {'type': 'authenticated'}, 'storage': {'filesystem_folder': folder + '/cal'}}, 'capture')
files = WsgiDAVApp({'provider_mapping': {'/': folder + '/files'}, 'simple_dc': {'user_mapping': {'*': True}}, 'verbose': 0})
calendars = Application(settings)
dispatcher = wsgi.PathInfoDispatcher({'/files': files, '/': calendars})
wsgi.Server(('127.0.0.1', port), dispatcher).start()
"""


def start(site: Site) -> None:
    """Both programs in one process, under two paths."""
    (site.folder / "files").mkdir()
    (site.folder / "door.py").write_text(DOOR)
    site.serve(site.home / "v-misc/bin/python", "door.py", site.folder, str(site.port), path="/.web/")


def drive(session: Session) -> None:
    """Several devices synchronise."""
    auth = ("anna", "S4ng&Klang")
    send(session, auth, "MKCALENDAR", "/anna/cal/", f"<?xml version=\"1.0\" encoding=\"utf-8\"?><C:mkcalendar xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><D:set><D:prop><D:displayname>{escape(session.texts.title())}</D:displayname><C:calendar-description>{escape(session.texts.paragraph())}</C:calendar-description></D:prop></D:set></C:mkcalendar>")
    send(session, auth, "MKCOL", "/anna/book/", f"<?xml version=\"1.0\" encoding=\"utf-8\"?><mkcol xmlns=\"DAV:\" xmlns:CR=\"urn:ietf:params:xml:ns:carddav\"><set><prop><resourcetype><collection/><CR:addressbook/></resourcetype><displayname>{escape(session.texts.title())}</displayname></prop></set></mkcol>")
    for number in session.times(55):
        with session.step("event"):
            event(session, auth, number)
        with session.step("card"):
            card(session, auth, number)
        with session.step("file"):
            file(session, auth, number)
        with session.step("ask"):
            ask(session, auth, number)


def send(session: Session, auth: tuple[str, str], method: str, path: str, body: str | bytes, **headers: str) -> None:
    """One call as some client."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else body.encode()
    session.call(method, path, session.rng.choice(AGENTS), auth=auth, data=content, headers={"Content-Type": "application/xml; charset=utf-8", **names})


def folded(text: str) -> str:
    """A text as a calendar's property value."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def event(session: Session, auth: tuple[str, str], number: int) -> None:
    """An appointment or a task."""
    texts, what = session.texts, session.rng.choice(("VEVENT", "VEVENT", "VTODO"))
    times = f"DTSTART;TZID=Europe/Berlin:202603{number % 28 + 1:02}T190000\r\nDTEND;TZID=Europe/Berlin:202603{number % 28 + 1:02}T210000\r\nRRULE:FREQ=WEEKLY;UNTIL=20261231T000000Z;BYDAY=MO,TH\r\n" if what == "VEVENT" else f"DUE:20260{number % 9 + 1}15T120000Z\r\nSTATUS:NEEDS-ACTION\r\nPERCENT-COMPLETE:{number}\r\n"
    body = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Calendar 1.0//EN\r\nBEGIN:{what}\r\nUID:{number}-{texts.name}@example.org\r\nDTSTAMP:20260301T101500Z\r\n{times}SUMMARY:{folded(texts.title())}\r\nLOCATION:{folded(texts.address())}\r\nDESCRIPTION:{folded(texts.mail())}\r\nATTENDEE;CN=\"{texts.name_of().replace(chr(34), '')}\";PARTSTAT=ACCEPTED:mailto:a{number}@example.com\r\nCATEGORIES:{','.join(texts.tags())}\r\nEND:{what}\r\nEND:VCALENDAR\r\n"
    send(session, auth, "PUT", f"/anna/cal/{number % 30}.ics", body, Content_Type="text/calendar; charset=utf-8")


def card(session: Session, auth: tuple[str, str], number: int) -> None:
    """An address card."""
    name, texts = session.texts.name_of(), session.texts
    first, _, last = name.partition(" ")
    body = f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:c{number}\r\nFN:{folded(name)}\r\nN:{folded(last)};{folded(first)};;;\r\nADR;TYPE=HOME:;;{folded(texts.address())};;;;\r\nTEL;TYPE=CELL,VOICE:+49 (0)170 555-{number:04}\r\nEMAIL;TYPE=INTERNET:o'neil{number}@example.com\r\nNOTE:{folded(texts.paragraph())}\r\nURL:https://example.org/~u?id={number}&x=1\r\nEND:VCARD\r\n"
    send(session, auth, "PUT", f"/anna/book/c{number % 30}.vcf", body, Content_Type="text/vcard; charset=utf-8", **({"If_None_Match": "*"} if number < 30 else {}))


def file(session: Session, auth: tuple[str, str], number: int) -> None:
    """A document, a program or a picture, by a path of a person's choice; copies, moves, locks."""
    from urllib.parse import quote

    language, code = session.texts.code()
    name, mime, data = session.rng.choice(((f"Protokoll {number}.md", "text/markdown", as_markdown(session.texts.article()).encode()), (f"seite_{number}.html", "text/html", as_html(session.texts.article()).encode()), (f"skript{number}.{ {'python': 'py', 'bash': 'sh', 'javascript': 'js'}.get(language, language)}", "text/plain", code.encode()), (f"liste ({number}).csv", "text/csv", session.texts.csv().encode()), (f"Größe & Farbe {number}.png", "image/png", session.texts.picture()), ("Alles.zip", "application/zip", session.texts.archive())))
    folder = ("Verein", "O'Connor", "Übungen 2026", "фото")[number % 4]
    if number < 4:
        session.call("MKCOL", f"/files/{quote(folder)}", session.rng.choice(AGENTS), auth=auth)
    send(session, auth, "PUT", f"/files/{quote(folder)}/{quote(name)}", data, Content_Type=mime)
    if number % 3 == 0:
        send(session, auth, "PROPPATCH", f"/files/{quote(folder)}/{quote(name)}", f"<?xml version=\"1.0\"?><D:propertyupdate xmlns:D=\"DAV:\" xmlns:Z=\"http://ns.example.com/\"><D:set><D:prop><Z:Author>{escape(session.texts.name_of())}</Z:Author><Z:Remark>{escape(session.texts.comment())}</Z:Remark></D:prop></D:set></D:propertyupdate>")
    if number % 4 == 1:
        session.call("MOVE", f"/files/{quote(folder)}/{quote(name)}", session.rng.choice(AGENTS), auth=auth, headers={"Destination": f"http://{session.site.host}/files/{quote(folder)}/{quote('alt ' + name)}", "Overwrite": "T"})
    if number % 5 == 2:
        send(session, auth, "LOCK", f"/files/{quote(folder)}/{quote(name)}", f"<?xml version=\"1.0\" encoding=\"utf-8\" ?><D:lockinfo xmlns:D='DAV:'><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner><D:href>mailto:{escape(session.texts.tags()[0])}@example.org</D:href></D:owner></D:lockinfo>", Timeout="Second-3600", Depth="0")


def ask(session: Session, auth: tuple[str, str], number: int) -> None:
    """What synchronisers ask."""
    bodies = (
        ("PROPFIND", "/anna/", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><A:propfind xmlns:A=\"DAV:\"><A:prop><A:current-user-principal/><A:principal-URL/><A:resourcetype/></A:prop></A:propfind>"), ("REPORT", "/anna/cal/", f"<?xml version=\"1.0\"?><C:calendar-query xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name=\"VCALENDAR\"><C:comp-filter name=\"VEVENT\"><C:prop-filter name=\"SUMMARY\"><C:text-match collation=\"i;unicode-casemap\">{escape(session.texts.search())}</C:text-match></C:prop-filter></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"),
        ("REPORT", "/anna/cal/", f"<?xml version=\"1.0\" encoding=\"UTF-8\"?><d:sync-collection xmlns:d=\"DAV:\"><d:sync-token>http://radicale.org/ns/sync/{number:08x}</d:sync-token><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"), ("REPORT", "/anna/book/", f"<?xml version=\"1.0\"?><B:addressbook-multiget xmlns:A=\"DAV:\" xmlns:B=\"urn:ietf:params:xml:ns:carddav\"><A:prop><A:getetag/><B:address-data/></A:prop><A:href>/anna/book/c{number % 30}.vcf</A:href></B:addressbook-multiget>"),
        ("PROPFIND", "/files/Verein/", "<?xml version=\"1.0\" encoding=\"utf-8\"?><propfind xmlns=\"DAV:\"><prop><getcontentlength xmlns=\"DAV:\"/><getlastmodified xmlns=\"DAV:\"/><executable xmlns=\"http://apache.org/dav/props/\"/><resourcetype xmlns=\"DAV:\"/></prop></propfind>"),
    )
    method, path, body = bodies[number % len(bodies)]
    send(session, auth, method, path, body, Depth="1")
    session.call("GET", f"/anna/cal/{number % 30}.ics", session.rng.choice(AGENTS), auth=auth)
    session.call("OPTIONS", "/files/", session.rng.choice(AGENTS)) if number % 9 == 0 else None
