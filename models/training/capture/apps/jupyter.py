"""JupyterLab (BSD-3, PyPI): notebooks and source files saved whole as JSON, uploads in base64, workspaces and settings."""

import base64
import json

from driver import Session, Site
from texts import as_markdown

HOST = {"A": "lab.hydrologie.example", "B": "notebooks.stats-dept.example"}
INSTALL = {"venv": ("jupyter", ["jupyterlab"])}
KINDS = (("POST /login", "login"), ("PUT .*/upload-", "upload"), ("PUT /api/contents", "code"), ("/api/", "api"))
TOKEN = "p4ss-Wort=geheim;"


def start(site: Site) -> None:
    """A server with its own folders."""
    work = site.folder / "work"
    work.mkdir()
    env = {"HOME": str(site.folder), "JUPYTER_CONFIG_DIR": str(site.folder / "config"), "JUPYTER_DATA_DIR": str(site.folder / "data"), "JUPYTER_RUNTIME_DIR": str(site.folder / "run"), "IPYTHONDIR": str(site.folder / "ipython")}
    site.serve(site.home / "v-jupyter/bin/jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={site.port}", f"--IdentityProvider.token={TOKEN}", "--ServerApp.allow_remote_access=True", f"--ServerApp.root_dir={work}", "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate", "--LabApp.news_url=None", env=env, path="/login")


def drive(session: Session) -> None:
    """Logs in, types into notebooks and files, saves, uploads, then works by the contents API as an extension would."""
    session.go("/login?next=%2Flab")
    session.fill("input[name=password]", TOKEN)
    session.submit("#login_submit")
    session.page.wait_for_selector("#jp-main-dock-panel", timeout=40000)
    for number in session.times(3):
        with session.step("notebook"):
            notebook(session, number)
    with session.step("file"):
        source_file(session)
    for number in session.times(80):
        with session.step("contents"):
            contents(session, number)
    for number in session.times(10):
        with session.step("upload"):
            upload(session, number)
    for number in session.times(12):
        with session.step("small"):
            small_calls(session, number)


def cell_text(session: Session) -> tuple[str, str]:
    """A cell as (type, source): Markdown, Python, magics and shell lines."""
    if session.rng.random() < 0.4:
        return "markdown", as_markdown(session.texts.article(blocks=3))
    language, code = session.texts.code("python", "bash", "sql", "html", "javascript")
    magic = {"bash": "%%bash\n", "sql": "%%sql\n", "html": "%%html\n", "javascript": "%%javascript\n"}.get(language, "")
    return "code", session.rng.choice((magic + code, magic + code, f"!ls -la ../data | grep csv; cat {session.texts.search()!r}", f"print({session.texts.paragraph()!r})", f"df.query(\"name == '{session.texts.name_of()}' and price > 3\").groupby('city').sum()"))


def document(session: Session, cells: int) -> dict:
    """A notebook with outputs."""
    made = []
    for number in range(cells):
        kind, source = cell_text(session)
        cell = {"cell_type": kind, "id": f"{session.rng.getrandbits(32):08x}", "metadata": {}, "source": source}
        if kind == "code":
            cell |= {"execution_count": number + 1, "outputs": [{"output_type": "stream", "name": "stdout", "text": session.texts.plain()}] if session.rng.random() < 0.6 else []}
        made.append(cell)
    return {"cells": made, "metadata": {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}, "language_info": {"name": "python", "version": "3.11.7", "file_extension": ".py"}}, "nbformat": 4, "nbformat_minor": 5}


def put(session: Session, path: str, content: dict) -> None:
    """Saves by the page's own script, with the cookie's token, as the lab does."""
    token = next((cookie["value"] for cookie in session.page.context.cookies() if cookie["name"] == "_xsrf"), "")
    session.fetch("PUT", f"/api/contents/{path}?{session.rng.randint(10**12, 2 * 10**12)}", json.dumps(content, ensure_ascii=False, separators=(",", ":")), Content_Type="application/json", X_XSRFToken=token)


def notebook(session: Session, number: int) -> None:
    """Opens a notebook in the lab, types two cells, runs and saves them."""
    name = f"Analyse {number}.ipynb"
    put(session, name, {"type": "notebook", "format": "json", "content": document(session, 2)})
    session.go(f"/lab/tree/{name}")
    session.page.wait_for_selector(".jp-NotebookPanel .cm-content", timeout=40000)
    for _ in session.times(4):
        session.page.locator(".jp-Notebook .jp-Cell .cm-content:visible").last.click()
        session.page.keyboard.insert_text(cell_text(session)[1])
        session.page.keyboard.press("Shift+Enter")
        session.page.keyboard.press("Control+s")
        session.settle(1500)


def source_file(session: Session) -> None:
    """Opens a text file in the editor and saves it several times."""
    put(session, "tools.py", {"type": "file", "format": "text", "content": "import os\n"})
    session.go("/lab/tree/tools.py")
    session.page.wait_for_selector(".jp-FileEditor .cm-content", timeout=40000)
    for _ in session.times(6):
        session.page.locator(".jp-FileEditor .cm-content").first.click()
        session.page.keyboard.insert_text("\n" + session.texts.code()[1] + "\n")
        session.page.keyboard.press("Control+s")
        session.settle(1200)


def contents(session: Session, number: int) -> None:
    """Saves a notebook or a file, and lists the folder."""
    if number % 3:
        put(session, f"nb{number % 9}.ipynb", {"type": "notebook", "format": "json", "content": document(session, session.rng.randint(1, 6))})
    else:
        language, code = session.texts.code()
        put(session, f"snippet{number}.{language}", {"type": "file", "format": "text", "content": session.rng.choice((code, session.texts.plain(True), session.texts.csv()))})
    session.fetch("GET", f"/api/contents/?content=1&hash=0&{session.rng.randint(10**12, 2 * 10**12)}")


def upload(session: Session, number: int) -> None:
    """A picture, a table or an archive in base64."""
    name, data = session.rng.choice((("foto.png", session.texts.picture()), ("daten.csv", session.texts.csv().encode()), ("alles.zip", session.texts.archive())))
    put(session, f"upload-{number}-{name}", {"name": name, "type": "file", "format": "base64", "content": base64.b64encode(data).decode()})


def small_calls(session: Session, number: int) -> None:
    """Sessions, renames, settings, checkpoints, by a program with a token."""
    headers = {"Authorization": f"token {TOKEN}"}
    session.call("POST", "/api/sessions", headers=headers, json={"path": f"nb{number % 9}.ipynb", "type": "notebook", "name": session.texts.title(), "kernel": {"name": "python3"}}) if number < 2 else None
    session.call("PATCH", f"/api/contents/nb{number % 9}.ipynb", headers=headers, json={"path": f"{session.texts.title().replace('/', '-')[:40]}.ipynb"})
    session.call("POST", f"/api/contents/nb{number % 9}.ipynb/checkpoints", headers=headers)
    session.call("GET", "/api/contents/", headers=headers, params={"type": "directory", "q": session.texts.search()})
    session.call("PUT", "/lab/api/settings/@jupyterlab/fileeditor-extension:plugin", headers=headers, json={"raw": "{\n    // " + session.texts.comment() + "\n    \"editorConfig\": {\"lineNumbers\": true, \"tabSize\": %d}\n}" % number})
