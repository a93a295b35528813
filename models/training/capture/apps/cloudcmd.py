"""Cloud Commander (MIT, npm): a file manager; files saved as raw text by PUT, renames and copies as JSON, listings."""

from urllib.parse import quote

from driver import Session, Site
from texts import as_html, as_markdown

HOST = {"A": "files.filmklub.example", "B": "nas.familia.example"}
INSTALL = {"npm": ("cloudcmd", ["cloudcmd"])}
KINDS = (("PUT .*\\.(png|zip|csv)", "upload"), ("PUT .*/api/v1/fs", "code"), ("(PUT|DELETE|PATCH) .*/api", "api"))


def start(site: Site) -> None:
    """The manager on a folder of its own, without a terminal or sockets' console."""
    (site.folder / "files").mkdir()
    site.serve("node", site.home / "n-cloudcmd/node_modules/cloudcmd/bin/cloudcmd.mjs", "--port", str(site.port), "--root", site.folder / "files", "--no-open", "--no-terminal", "--no-console", "--no-auth", "--no-config-dialog", "--no-contact", env={"HOME": str(site.folder)})


def drive(session: Session) -> None:
    """Folders, files written and edited, moved and looked for."""
    session.go("/")
    session.settle(1500)
    for name in ("Projekte", "O'Brien", "été 2026", "src"):
        session.fetch("PUT", f"/api/v1/fs/{quote(name)}?dir")
    for number in session.times(70):
        with session.step("save"):
            save(session, number)
        with session.step("manage"):
            manage(session, number)
        if number % 8 == 0:
            with session.step("look"):
                session.go(f"/fs/{quote(('Projekte', 'src')[number % 2])}/")
                session.settle(800)


def save(session: Session, number: int) -> None:
    """Saves a file's text as the editor does, by the page's own script."""
    language, code = session.texts.code()
    ending = {"python": "py", "bash": "sh", "javascript": "js", "typescript": "ts", "powershell": "ps1", "nginx": "conf"}.get(language, language)
    name, text = session.rng.choice(((f"datei{number}.{ending}", code), (f"datei{number}.{ending}", code), (f"Notiz {number}.md", as_markdown(session.texts.article())), (f"page{number}.html", as_html(session.texts.article())), (f"brief {number}.txt", session.texts.mail()), (f"liste {number}.csv", session.texts.csv())))
    folder = ("Projekte", "O'Brien", "été 2026", "src")[number % 4]
    session.fetch("PUT", f"/api/v1/fs/{quote(folder)}/{quote(name)}", text, Content_Type="text/plain;charset=UTF-8")
    session.fetch("GET", f"/api/v1/fs/{quote(folder)}/{quote(name)}?hash")
    if number % 6 == 0:
        session.call("PUT", f"/api/v1/fs/{quote(folder)}/bild%20{number}.png", data=session.texts.picture(), headers={"Content-Type": "application/octet-stream"})


def manage(session: Session, number: int) -> None:
    """Renames, copies, deletes, lists."""
    import json

    folder = ("Projekte", "O'Brien", "été 2026", "src")[number % 4]
    headers = {"Content_Type": "application/json"}
    session.fetch("PUT", "/api/v1/rename", json.dumps({"from": f"/{folder}/datei{number}.py", "to": f"/{folder}/{session.texts.title().replace('/', '-')}.txt"}, ensure_ascii=False), **headers)
    session.fetch("PUT", "/api/v1/copy", json.dumps({"from": f"/{folder}/", "to": "/Projekte/", "names": [f"Notiz {number}.md", session.texts.name_of()]}, ensure_ascii=False), **headers)
    session.fetch("GET", f"/api/v1/fs/{quote(folder)}/?sort=name&order=asc")
    if number % 7 == 3:
        session.fetch("DELETE", f"/api/v1/fs/{quote(folder)}/?files", json.dumps([f"brief {number}.txt"]), **headers)
