"""MediaWiki (GPL-2, Debian): wikitext in forms and by the action API, previews, uploads, talk, searches."""

import shutil

from driver import Session, Site
from texts import as_wiki

HOST = {"A": "wiki.heimatkunde.example", "B": "enciclopedia.barrio.example"}
INSTALL = {"apt": ["php8.2-cli", "php8.2-sqlite3", "php8.2-xml", "php8.2-mbstring", "php8.2-intl", "php8.2-gd", "mediawiki"]}
KINDS = (("UserLogin|CreateAccount", "login"), ("POST .*(Upload|action=upload)", "upload"), ("POST .*(action=submit|action=edit)", "rich-text"), ("POST .*api.php", "rich-text"))
PROGRAM = "/var/lib/mediawiki"
TOP = ("LocalSettings.php", "config", "cache", "images")
"""What is made anew in each copy."""
WORD = "W1ki&Wacke; or 1"


def start(site: Site) -> None:
    """A copy with an SQLite database."""
    root = site.folder / "www"
    shutil.copytree(PROGRAM, root, ignore=lambda folder, _: TOP if folder == PROGRAM else ())
    for name in ("images", "cache"):
        (root / name).mkdir()
    (site.folder / "db").mkdir()
    site.run("php", root / "maintenance/install.php", "--dbtype=sqlite", f"--dbpath={site.folder}/db", "--dbname=wiki", f"--server={site.url}", "--scriptpath=", f"--pass={WORD}", f"--confpath={root}", "Heimat & Kunde", "Admin", cwd=root)
    with open(root / "LocalSettings.php", "a", encoding="utf-8") as settings:
        settings.write("\nwfLoadSkin('Vector'); wfLoadExtension('WikiEditor'); wfLoadExtension('CodeEditor'); wfLoadExtension('Cite'); $wgEnableUploads = true; $wgFileExtensions[] = 'txt'; $wgFileExtensions[] = 'csv'; $wgJobRunRate = 0; $wgRateLimits = []; $wgShowExceptionDetails = true; $wgMainCacheType = CACHE_NONE; $wgPasswordAttemptThrottle = []; $wgRawHtml = true; $wgAllowUserJs = true; $wgAllowUserCss = true;\n")
    site.php(root)


def drive(session: Session) -> None:
    """An author with an account."""
    session.go("/index.php?title=Special:UserLogin")
    session.fill("#wpName1", "Admin")
    session.fill("#wpPassword1", WORD)
    session.submit("#wpLoginAttempt")
    for number in session.times(32):
        with session.step("edit"):
            edit(session, number)
        with session.step("api"):
            api(session, number)
        with session.step("browse"):
            browse(session, number)
        if number % 4 == 2:
            with session.step("upload"):
                upload(session, number)


def title_of(session: Session, number: int) -> str:
    """A page's name: articles, talk, a user's page and script."""
    return session.rng.choice((f"Dorf {number % 6}", f"Talk:Dorf {number % 6}", "User:Admin", "Café & Co", "Ö-Musik", "История", f"村 {number % 3}", "User:Admin/common.js", "Template:Infobox", "L'été"))


def edit(session: Session, number: int) -> None:
    """The editing form; a preview first now and then; sections and summaries."""
    from urllib.parse import quote

    title = title_of(session, number)
    session.go(f"/index.php?title={quote(title)}&action=edit" + ("&section=new" if title.startswith("Talk") else ""))
    text = session.texts.code("javascript")[1] if title.endswith(".js") else as_wiki(session.texts.article(), "mediawiki") + "<ref>" + session.texts.comment() + "</ref>\n[[Category:" + session.texts.tags()[0] + "]]\n{{Infobox|name=" + session.texts.name_of() + "|year=1890}}"
    session.page.evaluate("""text => { document.querySelector('#wpTextbox1').value = text; if (window.jQuery) try { jQuery('#wpTextbox1').textSelection('setContents', text); } catch (e) {} }""", text)
    session.fill("#wpSummary", session.texts.comment())
    if number % 4 == 1:
        session.submit("#wpPreview")
    session.submit("#wpSave")


def api(session: Session, number: int) -> None:
    """The page's own calls of the API: save, preview, watch, suggestions; then a robot's."""
    article = session.texts.article()
    text = as_wiki(article, "mediawiki")
    session.page.wait_for_function("!!(window.mw && mw.loader && mw.loader.using)")
    session.page.evaluate("""async ([title, text, summary, query]) => {
        await mw.loader.using(['mediawiki.api']);
        const api = new mw.Api();
        const quiet = p => p.then(() => 0, () => 0);
        await quiet(api.post({action: 'parse', title, text, pst: true, prop: 'text|categorieshtml', preview: true, disableeditsection: true, contentmodel: 'wikitext', formatversion: 2}));
        await quiet(api.postWithToken('csrf', {action: 'edit', title, text, summary, formatversion: 2}));
        await quiet(api.get({action: 'opensearch', search: query, limit: 10}));
        await quiet(api.postWithToken('watch', {action: 'watch', titles: title}));
        await quiet(api.postWithToken('csrf', {action: 'stashedit', title, text, section: '', contentmodel: 'wikitext', contentformat: 'text/x-wiki', baserevid: 1, summary}));
    }""", [article.title.replace("<", "").replace(">", "").replace("[", "").replace("{", "")[:60], text, session.texts.comment(), session.texts.search()])
    if number % 3 == 0:
        session.call("POST", "/api.php", "MyBot/1.0 (bot@example.org)", data={"action": "expandtemplates", "text": text, "prop": "wikitext", "format": "json"})


def browse(session: Session, number: int) -> None:
    """Searches, history, differences, lists."""
    from urllib.parse import quote

    session.go(f"/index.php?search={quote(session.texts.search())}&title=Special%3ASearch&go=Go" if number % 2 else f"/index.php?title=Dorf_{number % 6}&" + session.rng.choice(("action=history", "diff=prev&oldid=3", "action=info", "action=raw", "veaction=edit", "printable=yes"))) if number % 6 else session.go("/index.php?title=Special:RecentChanges&limit=50&days=7&hidebots=1")


def upload(session: Session, number: int) -> None:
    """A file with its description."""
    session.go("/index.php?title=Special:Upload")
    session.upload("#wpUploadFile", f"Foto_{number}_{session.texts.name}.png", "image/png", session.texts.picture())
    session.fill("#wpUploadDescription", as_wiki(session.texts.article(blocks=3), "mediawiki"))
    session.submit("#mw-upload-form input[type=submit][name=wpUpload]")
