"""WordPress (GPL-2, Debian): blocks of the editor as JSON, quick edits and comments as forms, uploads, settings, code of a theme, XML-RPC."""

import shutil
from xml.sax.saxutils import escape

import requests

from apps import _mariadb
from driver import Session, Site
from texts import Article, as_html, html_block

HOST = {"A": "blog.feinkost-und-fernweh.example", "B": "magazine.atelierlibre.example"}
INSTALL = {"apt": ["php8.2-cli", "php8.2-mysql", "php8.2-xml", "php8.2-mbstring", "php8.2-gd", "php8.2-curl", "mariadb-server", "wordpress", "wordpress-theme-twentytwentytwo"]}
KINDS = (("wp-login", "login"), ("async-upload|/wp/v2/media", "upload"), ("(POST|PUT) .*wp/v2/(posts|pages|blocks|comments|templates|template-parts|global-styles)", "rich-text"), ("POST .*(wp-comments-post|xmlrpc|/post.php)", "rich-text"), ("POST .*theme-editor", "code"), ("(POST|PUT) .*wp-json", "api"))
PASSWORD = "Feinkost&Fernweh'26!"
RULES = """<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$file = $_SERVER['DOCUMENT_ROOT'] . $path;
if (is_file($file) || is_file(rtrim($file, '/') . '/index.php')) { return false; }
$_SERVER['SCRIPT_NAME'] = '/index.php'; $_SERVER['PHP_SELF'] = '/index.php';
chdir($_SERVER['DOCUMENT_ROOT']);
require $_SERVER['DOCUMENT_ROOT'] . '/index.php';
"""


def start(site: Site) -> None:
    """A copy of the program with its own database, installed as its own page would."""
    port = _mariadb.start(site, "wp")
    root = site.folder / "www"
    shutil.copytree("/usr/share/wordpress", root, ignore=shutil.ignore_patterns("wp-config.php"))
    if not (root / "wp-content/themes/twentytwentytwo").exists():
        shutil.copytree("/var/lib/wordpress/wp-content/themes/twentytwentytwo", root / "wp-content/themes/twentytwentytwo")
    keys = "".join(f"define('{name}', '{name.lower()}');\n" for name in ("AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY", "AUTH_SALT", "SECURE_AUTH_SALT", "LOGGED_IN_SALT", "NONCE_SALT"))
    (root / "wp-config.php").write_text(f"<?php\ndefine('DB_NAME', 'wp'); define('DB_USER', 'app'); define('DB_PASSWORD', '{_mariadb.PASSWORD}'); define('DB_HOST', '127.0.0.1:{port}'); define('DB_CHARSET', 'utf8mb4');\n{keys}define('WP_HOME', '{site.url}'); define('WP_SITEURL', '{site.url}'); define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true); define('AUTOMATIC_UPDATER_DISABLED', true); define('WP_DEFAULT_THEME', 'twentytwentytwo');\n$table_prefix = 'wp_';\nif (!defined('ABSPATH')) {{ define('ABSPATH', __DIR__ . '/'); }}\nrequire_once ABSPATH . 'wp-settings.php';\n")
    router = site.folder / "router.php"
    router.write_text(RULES)
    site.php(root, router)
    form = {"weblog_title": "Feinkost & Fernweh", "user_name": "editor", "admin_password": PASSWORD, "admin_password2": PASSWORD, "admin_email": "editor@example.org", "blog_public": "0", "language": ""}
    answer = requests.post(site.local + "/wp-admin/install.php?step=2", data=form, headers={"Host": site.host}, timeout=120)
    if "wp-login.php" not in answer.text:
        raise RuntimeError("WordPress was not installed: " + answer.text[-500:])


def drive(session: Session) -> None:
    """An editor writes and a reader comments."""
    session.go("/wp-login.php")
    session.fill("#user_login", "editor")
    session.fill("#user_pass", PASSWORD)
    session.submit("#wp-submit")
    with session.step("open editor"):
        session.go("/wp-admin/post-new.php")
        session.page.wait_for_function("window.wp && wp.data && wp.data.select('core/editor') && wp.data.select('core/editor').getCurrentPostId()", timeout=40000)
    for number in session.times(28):
        with session.step("write"):
            write(session, number)
    with session.step("api"):
        for number in session.times(25):
            apis(session, number)
    for number in session.times(14):
        with session.step("comment"):
            comment(session, number)
    for number in session.times(10):
        with session.step("forms"):
            forms(session, number)
    for number in session.times(6):
        with session.step("upload"):
            upload(session)
    for _ in session.times(10):
        xmlrpc(session)


def blocks(article: Article) -> str:
    """An article as the block editor stores it."""
    names = {"heading": "heading", "list": "list", "quote": "quote", "table": "table", "code": "code"}
    parts = []
    for block in article.blocks:
        name = names.get(block.kind, "paragraph")
        inner = html_block(block)
        if name == "code":
            inner = inner.replace('<pre><code class="language-' + block.extra + '">', '<pre class="wp-block-code"><code>')
        if name == "table":
            inner = f"<figure class=\"wp-block-table\">{inner}</figure>"
        parts.append(f"<!-- wp:{name} -->\n{inner}\n<!-- /wp:{name} -->")
    return "\n\n".join(parts)


def write(session: Session, number: int) -> None:
    """Edits the post in the editor's store, saves a draft or an autosave, then publishes; now and then starts a new post."""
    if number and number % 4 == 0:
        session.go(f"/wp-admin/post-new.php?post_type={session.rng.choice(('post', 'page'))}")
        session.page.wait_for_function("window.wp && wp.data && wp.data.select('core/editor').getCurrentPostId()", timeout=40000)
    article = session.texts.article()
    content = blocks(article)
    if number % 3 == 0:
        content += "\n\n<!-- wp:html -->\n" + session.texts.code("html")[1] + "\n<!-- /wp:html -->"
    status = "publish" if number % 2 else "draft"
    session.page.evaluate("""async ([title, content, excerpt, status, auto]) => {
        const editor = wp.data.dispatch('core/editor');
        await editor.editPost({title, content, excerpt, status});
        await (auto ? editor.autosave() : editor.savePost());
    }""", [article.title, content, session.texts.comment(article.language), status, number % 5 == 3])
    session.settle(600)


def apis(session: Session, number: int) -> None:
    """What panels and other clients call: comments, tags, searches, settings, media details, templates."""
    call = "async ([path, method, data]) => { try { return await wp.apiFetch({path, method, data}); } catch (e) { return String(e.message); } }"
    texts = session.texts
    for path, method, data in session.rng.sample((
        ("/wp/v2/tags", "POST", {"name": texts.tags()[0], "description": texts.comment()}), ("/wp/v2/categories", "POST", {"name": texts.title(), "description": texts.paragraph()}), ("/wp/v2/comments", "POST", {"post": 1, "content": texts.paragraph(technical=True), "author_name": texts.name_of(), "author_email": "x@example.com"}),
        ("/wp/v2/settings", "POST", {"title": texts.title(), "description": texts.comment()}), ("/wp/v2/posts", "POST", {"title": texts.title(technical=True), "content": as_html(texts.article()), "status": "publish", "comment_status": "open"}), ("/wp/v2/blocks", "POST", {"title": texts.title(), "content": blocks(texts.article(True)), "status": "publish"}), ("/wp/v2/users/me", "POST", {"first_name": texts.name_of(), "description": texts.paragraph(), "meta": {"persisted_preferences": {"core/edit-post": {"fixedToolbar": True}}}}),
    ), 3):
        session.page.evaluate(call, [path, method, data])
    session.page.evaluate("async q => { try { await wp.apiFetch({path: '/wp/v2/search?per_page=20&_locale=user&search=' + encodeURIComponent(q)}) } catch (e) {} }", texts.search())


def comment(session: Session, number: int) -> None:
    """A reader's comment by the form, and a search."""
    if number == 0:
        session.person()
    session.go("/?p=1" if number % 2 else "/?s=" + requests.utils.quote(session.texts.search()))
    session.go("/?p=1")
    session.fill("#comment", session.rng.choice((session.texts.comment() + "\n\n" + session.texts.paragraph(technical=True), session.texts.code()[1], session.texts.paragraph())))
    session.fill("#author", session.texts.name_of())
    session.fill("#email", f"reader{number}@example.com")
    session.fill("#url", f"https://example.net/~u{number}/?a=1&b=2")
    session.submit("#commentform #submit")


def forms(session: Session, number: int) -> None:
    """Old-fashioned administration forms: profile, general settings, quick draft, theme code."""
    if number == 0:
        session.person()
        session.go("/wp-login.php")
        session.fill("#user_login", "editor")
        session.fill("#user_pass", PASSWORD)
        session.submit("#wp-submit")
    kind = number % 5
    if kind == 0:
        session.go("/wp-admin/profile.php")
        session.fill("#description", session.texts.plain())
        session.fill("#last_name", session.texts.name_of())
        session.submit("#submit")
    elif kind == 1:
        session.go("/wp-admin/options-general.php")
        session.fill("#blogname", session.texts.title())
        session.fill("#blogdescription", session.texts.comment())
        session.submit("#submit")
    elif kind == 2:
        session.go("/wp-admin/index.php")
        session.fill("#quick-press #title", session.texts.title(technical=True))
        session.fill("#quick-press #content", session.texts.plain(True))
        session.click("#save-post")
        session.settle(1500)
    elif kind == 3:
        session.go("/wp-admin/options-discussion.php")
        session.fill("#disallowed_keys", "\n".join(session.texts.search() for _ in range(5)))
        session.submit("#submit")
    else:
        session.go("/wp-admin/edit.php?s=" + requests.utils.quote(session.texts.search()) + "&post_status=all&post_type=post&action=-1&m=0&cat=0&paged=1&action2=-1")
        session.go("/wp-admin/edit-comments.php")
        session.page.locator("#the-comment-list tr").first.hover()
        session.page.locator("#the-comment-list .reply button").first.click()
        session.fill("#replycontent", session.texts.paragraph(technical=True))
        session.click("#replybtn, .reply-submit-buttons .save")
        session.settle(1500)


def upload(session: Session) -> None:
    """The browser's uploader in the media library."""
    name, mime, data = session.rng.choice((("été à l'île.png", "image/png", session.texts.picture()), ("preise.csv", "text/csv", session.texts.csv().encode()), ("notes.txt", "text/plain", session.texts.plain(True).encode())))
    session.go("/wp-admin/media-new.php?browser-uploader")
    session.upload("#async-upload", name, mime, data)
    session.submit("#html-upload")


def xmlrpc(session: Session) -> None:
    """A desktop client's metaWeblog call."""
    article = session.texts.article()
    members = "".join(f"<member><name>{name}</name><value><string>{escape(value)}</string></value></member>" for name, value in (("title", article.title), ("description", as_html(article)), ("mt_keywords", ",".join(session.texts.tags()))))
    body = f"<?xml version=\"1.0\" encoding=\"utf-8\"?><methodCall><methodName>metaWeblog.newPost</methodName><params><param><value><string>1</string></value></param><param><value><string>editor</string></value></param><param><value><string>{escape(PASSWORD)}</string></value></param><param><value><struct>{members}</struct></value></param><param><value><boolean>1</boolean></value></param></params></methodCall>"
    session.call("POST", "/xmlrpc.php", agent="Windows Live Writer 1.0", data=body.encode(), headers={"Content-Type": "text/xml; charset=utf-8"})
