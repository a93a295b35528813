"""An Otter Wiki (MIT, PyPI): Markdown in an editor with previews by script, drafts, attachments, a profile."""

from driver import Session, Site
from texts import as_markdown

HOST = {"A": "handbuch.bergwacht.example", "B": "kb.radio-local.example"}
INSTALL = {"venv": ("otter", ["otterwiki"])}
KINDS = (("POST .*/(attachments|inline_attachment)", "upload"), ("POST .*/-/(login|register)", "login"), ("POST .*/(save|preview|draft|create)", "rich-text"), ("POST ", "form"))


def start(site: Site) -> None:
    """An empty repository; the first to register is the administrator."""
    repository = site.folder / "repository"
    repository.mkdir()
    site.run("git", "init", "-q", repository)
    (site.folder / "settings.cfg").write_text(f"REPOSITORY = '{repository}'\nSECRET_KEY = 'a-long-enough-secret-key-1234567890'\nSQLALCHEMY_DATABASE_URI = 'sqlite:///{site.folder}/db.sqlite'\nSITE_NAME = 'Handbuch'\nAUTO_APPROVAL = True\nEMAIL_NEEDS_CONFIRMATION = False\nREAD_ACCESS = 'ANONYMOUS'\nWRITE_ACCESS = 'REGISTERED'\nATTACHMENT_ACCESS = 'REGISTERED'\n")
    site.serve(site.home / "v-otter/bin/flask", "--app", "otterwiki.server", "run", "--host", "127.0.0.1", "--port", str(site.port), env={"OTTERWIKI_SETTINGS": str(site.folder / "settings.cfg"), "HOME": str(site.folder)})


def drive(session: Session) -> None:
    """Registers, then writes."""
    session.go("/-/register")
    session.fill("input[name=email]", "otter@example.org")
    session.fill("input[name=name]", session.texts.name_of())
    session.fill("input[name=password1]", "Fisch&Chips=2*gut'")
    session.fill("input[name=password2]", "Fisch&Chips=2*gut'")
    session.submit("form[action*=register] input[type=submit], form input[type=submit], form button[type=submit]")
    if "/login" in session.page.url:
        session.fill("input[name=email]", "otter@example.org")
        session.fill("input[name=password]", "Fisch&Chips=2*gut'")
        session.submit("form[action*=login] input[type=submit], form input[type=submit]")
    for number in session.times(45):
        with session.step("edit"):
            edit(session, number)
        with session.step("browse"):
            browse(session, number)
        if number % 4 == 2:
            with session.step("attach"):
                attach(session, number)


def page_of(number: int) -> str:
    """A page's path."""
    return ("Anfahrt", "Équipement/Liste", "Schichten_2026", "Wetter & Lawinen", "会議")[number % 5] + ("" if number % 2 else f"/{number % 7}")


def edit(session: Session, number: int) -> None:
    """Previews by the page's own script, then saves."""
    session.go(f"/{page_of(number)}/edit")
    text = as_markdown(session.texts.article())
    session.page.evaluate("""async ([text, half]) => {
        const c = document.querySelector('.CodeMirror'); if (c && c.CodeMirror) c.CodeMirror.setValue(text);
        const e = window.cm_editor || window.editor; if (e && e.setValue) e.setValue(text);
        document.querySelectorAll('textarea').forEach(t => t.value = text);
        if (window.otterwiki_editor && half) otterwiki_editor.preview && 0;
    }""", [text, number % 2 == 0])
    if number % 2 == 0:
        with session.step("preview"):
            session.page.evaluate("async ([path, text]) => { const d = new FormData(); d.append('content', text); d.append('cursor_line', '3'); d.append('cursor_ch', '1'); await fetch(path, {method: 'POST', body: d}); }", [f"/{page_of(number)}/preview", text])
    if number % 3 == 0:
        with session.step("draft"):
            session.page.evaluate("async ([path, text]) => { await fetch(path, {method: 'POST', headers: {'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8', 'X-Requested-With': 'XMLHttpRequest'}, body: new URLSearchParams({content: text, revision: '', cursor_line: '2', cursor_ch: '0'})}); }", [f"/{page_of(number)}/draft", text])
    form = "form[action$='/save']"
    session.page.evaluate("""([form, text, message]) => { const f = document.querySelector(form) || document.forms[0]; const set = (n, v) => { let i = f.querySelector(`[name=${n}]`); if (!i) { i = document.createElement('input'); i.type = 'hidden'; i.name = n; f.append(i); } i.value = v; }; set('content', text); set('commit', message); f.querySelectorAll('textarea').forEach(t => t.value = text); setTimeout(() => f.submit(), 0); }""", [form, text, session.texts.comment()])
    session.page.wait_for_load_state("domcontentloaded")
    session.settle(900)


def browse(session: Session, number: int) -> None:
    """Searches, looks at the history and the source."""
    if number % 2:
        session.go("/-/search")
        session.page.locator("input[name=query]:visible").first.fill(session.texts.search())
        session.page.keyboard.press("Enter")
        session.settle(700)
    else:
        session.go(f"/{page_of(number)}/" + session.rng.choice(("history", "source", "view", "blame", "attachments")))


def attach(session: Session, number: int) -> None:
    """A file on a page."""
    name, mime, data = session.rng.choice((("karte.png", "image/png", session.texts.picture()), ("liste.csv", "text/csv", session.texts.csv().encode()), ("script.sh", "text/x-sh", session.texts.code("bash")[1].encode())))
    session.go(f"/{page_of(number)}/attachments")
    session.upload("input[type=file]", name, mime, data)
    session.page.evaluate("document.querySelector('input[type=file]').form.submit()")
    session.settle(1200)
