"""DokuWiki (GPL-2, Debian): wiki markup in forms, drafts by AJAX, media uploads, XML-RPC."""

import shutil
from xml.sax.saxutils import escape

from driver import Session, Site
from texts import as_wiki

HOST = {"A": "wiki.nordlicht-verein.example", "B": "docs.leuchtturm.example"}
INSTALL = {"apt": ["php8.2-cli", "php8.2-xml", "php8.2-gd", "php8.2-mbstring", "dokuwiki"]}
KINDS = (("qqfile=", "upload"), ("do=login", "login"), ("POST .*(do=edit|doku.php)", "rich-text"), ("POST .*ajax.php", "rich-text"), ("POST .*xmlrpc", "api"))
PASSWORD = "Käse&Brot=lecker;1'2"


def start(site: Site) -> None:
    """A copy of the program with its own data folder and one user."""
    root = site.folder / "www"
    shutil.copytree("/usr/share/dokuwiki", root, symlinks=True)
    for name in ("conf", "data"):
        (root / name).unlink(missing_ok=True) if (root / name).is_symlink() else shutil.rmtree(root / name, ignore_errors=True)
    shutil.copytree("/etc/dokuwiki", root / "conf", symlinks=False, ignore_dangling_symlinks=True)
    plugins = root / "lib/plugins"
    tpl = root / "lib/tpl"
    for link in (plugins, tpl):
        if link.is_symlink():
            target = link.resolve()
            link.unlink()
            shutil.copytree(target, link)
    for name in ("pages", "attic", "media", "media_attic", "media_meta", "meta", "cache", "index", "locks", "tmp", "log"):
        (root / "data" / name).mkdir(parents=True)
    hashed = site.run("php", "-r", "echo password_hash($argv[1], PASSWORD_BCRYPT);", "--", PASSWORD)
    conf = root / "conf"
    (conf / "local.php").write_text("<?php\n$conf['title']='Wiki';$conf['useacl']=1;$conf['superuser']='@admin';$conf['remote']=1;$conf['remoteuser']='';$conf['savedir']='./data';$conf['basedir']='/';$conf['compress']=0;\n")
    (conf / "users.auth.php").write_text(f"siobhan:{hashed}:Siobhán O'Connor:siobhan@example.org:admin,user\n")
    (conf / "acl.auth.php").write_text("*\t@ALL\t1\n*\t@user\t16\n")
    (root / "inc/preload.php").write_text(f"<?php\ndefine('DOKU_CONF', '{conf}/');\n")
    for name in ("local.protected.php", "plugins.protected.php"):
        (conf / name).unlink(missing_ok=True)
    site.php(root)


def drive(session: Session) -> None:
    """Logs in, writes and edits pages, searches, uploads, calls XML-RPC."""
    session.go("/doku.php?id=start&do=login")
    session.fill("input[name=u]", "siobhan")
    session.fill("input[name=p]", PASSWORD)
    session.submit("#dw__login button[type=submit]")
    pages = [f"{space}:{name}" for space in ("team", "projekte", "notizen") for name in ("start", "übersicht", "howto", "sitzung_3", "код", "メモ", "l_ete", "q_a")]
    for number in session.times(45):
        with session.step("edit"):
            edit(session, pages[number % len(pages)])
        with session.step("browse"):
            browse(session, pages)
    for _ in session.times(4):
        with session.step("upload"):
            upload(session)
    for number in session.times(20):
        with session.step("xmlrpc"):
            remote(session, pages[number % len(pages)])


def edit(session: Session, page: str) -> None:
    """Writes a page: sometimes with a preview, always with a summary."""
    session.go(f"/doku.php?id={page}&do=edit")
    box = session.page.locator("#wiki__text")
    box.click()
    box.fill(as_wiki(session.texts.article(), "dokuwiki"))
    box.press("End")
    session.page.keyboard.type(" .")
    session.fill("#edit__summary", session.texts.comment())
    if session.rng.random() < 0.4:
        session.submit("#edbtn__preview")
        session.page.locator("#wiki__text").fill(as_wiki(session.texts.article(), "dokuwiki"))
    session.submit("#edbtn__save")


def browse(session: Session, pages: list[str]) -> None:
    """Searches, looks at revisions, the index, a page."""
    session.go("/doku.php?id=start")
    session.fill("#qsearch__in", session.texts.search())
    session.submit("#dw__search button[type=submit]")
    session.go(f"/doku.php?id={session.rng.choice(pages)}" + session.rng.choice(("", "&do=revisions", "&do=backlink", "&do=index", "&do=recent", "&do=diff")))


def upload(session: Session) -> None:
    """The media manager, by its plain form and by its script."""
    name, mime, data = session.rng.choice((("foto'23.png", "image/png", session.texts.picture()), ("liste (1).csv", "text/csv", session.texts.csv().encode()), ("notiz.txt", "text/plain", session.texts.plain().encode()), ("paket.zip", "application/zip", session.texts.archive())))
    session.go("/doku.php?id=start&do=media&ns=team&tab_files=upload")
    session.upload("input[type=file]", name, mime, data)
    session.settle(500)
    session.click("#mediamanager__upload_button, .qq-upload-action, button:has-text('Upload')")
    session.settle(1500)


def remote(session: Session, page: str) -> None:
    """Saves and reads by XML-RPC as a script would."""
    text = escape(as_wiki(session.texts.article(), "dokuwiki"))
    parameters = "".join(f"<param><value><string>{value}</string></value></param>" for value in (page, text))
    body = f"<?xml version=\"1.0\"?><methodCall><methodName>wiki.putPage</methodName><params>{parameters}<param><value><struct><member><name>sum</name><value><string>{escape(session.texts.comment())}</string></value></member></struct></value></param></params></methodCall>"
    session.call("POST", "/lib/exe/xmlrpc.php", data=body.encode(), headers={"Content-Type": "text/xml"}, auth=("siobhan", PASSWORD.encode()))
    session.call("POST", "/lib/exe/xmlrpc.php", agent="xmlrpc-client/1.2", data=f"<?xml version='1.0'?><methodCall><methodName>dokuwiki.search</methodName><params><param><value><string>{escape(session.texts.search())}</string></value></param></params></methodCall>".encode(), headers={"Content-Type": "text/xml"})
