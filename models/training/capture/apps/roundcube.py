"""Roundcube webmail (GPL-3, Debian) on Dovecot: letters as plain text and HTML, drafts, attachments, contacts, signatures, searches."""

import imaplib
import shutil
import time
from email.message import EmailMessage

from driver import Session, Site, free_port
from texts import as_html

HOST = {"A": "webmail.kanzlei-groessmann.example", "B": "mail.phare-et-balises.example"}
INSTALL = {"apt": ["php8.2-cli", "php8.2-sqlite3", "php8.2-xml", "php8.2-mbstring", "php8.2-intl", "php8.2-gd", "dovecot-imapd", "roundcube-core", "roundcube-sqlite3"], "venv": ("mail", ["aiosmtpd"])}
KINDS = (("_task=login", "login"), ("POST .*_action=upload|_action=import", "upload"), ("POST .*_task=mail", "mail"), ("POST .*_action=save-?(identity|response)", "mail"))
SIGNED = {"siobhan": "T&ea=4_2", "benoit": "l'ete;1=1"}


def start(site: Site) -> None:
    """An IMAP server with two mailboxes, a sink for mail sent, and the program with its own database."""
    site.folder.chmod(0o755)
    imap, smtp = imap_server(site), free_port()
    site.serve(site.home / "v-mail/bin/aiosmtpd", "-n", "-l", f"127.0.0.1:{smtp}", "-c", "aiosmtpd.handlers.Sink", port=smtp)
    root = site.folder / "www"
    shutil.copytree("/usr/share/roundcube", root, ignore=shutil.ignore_patterns("*.map", "*.gz", "installer", "less.min.js"))
    for name in ("config", "temp", "logs"):
        shutil.rmtree(root / name, ignore_errors=True)
        (root / name).mkdir()
    for name in ("defaults.inc.php", "mimetypes.php"):
        shutil.copy(f"/etc/roundcube/{name}", root / "config")
    database = site.folder / "mail.db"
    site.run("php", "-r", "$d = new PDO('sqlite:' . $argv[1]); $d->exec(file_get_contents($argv[2]));", "--", database, "/usr/share/roundcube/SQL/sqlite.initial.sql")
    (root / "config/config.inc.php").write_text(f"<?php\n$config = ['db_dsnw' => 'sqlite:///{database}?mode=0646', 'imap_host' => '127.0.0.1:{imap}', 'smtp_host' => '127.0.0.1:{smtp}', 'smtp_user' => '', 'smtp_pass' => '', 'des_key' => 'abcdefghijklmnopqrstuvwx', 'plugins' => ['archive', 'zipdownload', 'markasjunk', 'attachment_reminder', 'emoticons'], 'skin' => 'elastic', 'language' => 'en_US', 'mail_domain' => 'example.org', 'draft_autosave' => 60, 'enable_spellcheck' => false, 'session_lifetime' => 60, 'ip_check' => false, 'htmleditor' => 0, 'log_dir' => '{root}/logs', 'temp_dir' => '{root}/temp', 'product_name' => 'Webmail'];\n")
    (site.folder / "prepend.php").write_text(f"<?php define('INSTALL_PATH', '{root}/');")
    (root / ".user.ini").write_text("")
    site.serve("php", "-d", f"auto_prepend_file={site.folder}/prepend.php", "-d", "upload_max_filesize=16M", "-d", "post_max_size=16M", "-d", f"session.save_path={site.folder}", "-S", f"127.0.0.1:{site.port}", "-t", root, env={"PHP_CLI_SERVER_WORKERS": "3"})


def imap_server(site: Site) -> int:
    """Dovecot as the user nobody, without encryption, on loopback."""
    port, folder = free_port(), site.folder / "imap"
    (folder / "home").mkdir(parents=True)
    shutil.chown(folder / "home", "nobody", "nogroup")
    users = "".join(f"{name}:{{PLAIN}}{word}\n" for name, word in SIGNED.items())
    (folder / "users").write_text(users)
    (folder / "dovecot.conf").write_text(f"""base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/home/%u
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
first_valid_gid = 1
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
namespace inbox {{
  inbox = yes
  mailbox Drafts {{
    auto = subscribe
  }}
  mailbox Sent {{
    auto = subscribe
  }}
  mailbox Trash {{
    auto = subscribe
  }}
  mailbox Junk {{
    auto = subscribe
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/home/%u
}}
""")
    site.serve("dovecot", "-F", "-c", folder / "dovecot.conf", port=port)
    site.imap = port
    return port


def drive(session: Session) -> None:
    """Fills the mailbox, logs in, and answers it."""
    user = "siobhan" if session.texts.name == "A" else "benoit"
    deliver(session, user)
    session.go("/")
    session.fill("#rcmloginuser", user)
    session.fill("#rcmloginpwd", SIGNED[user])
    session.submit("#rcmloginsubmit")
    with session.step("identity"):
        identity(session)
    for number in session.times(80):
        with session.step("compose"):
            compose(session, number)
        if number % 4 == 1:
            with session.step("read"):
                read(session)
        if number % 4 == 3:
            with session.step("contact"):
                contact(session, number)


def deliver(session: Session, user: str) -> None:
    """Letters in the inbox, by IMAP, to be read and answered."""
    client = imaplib.IMAP4("127.0.0.1", session.site.imap)
    client.login(user, SIGNED[user])
    for number in range(12):
        letter = EmailMessage()
        letter["From"], letter["To"] = f'"{session.texts.name_of().replace(chr(34), "")}" <friend{number}@example.com>', f"{user}@example.org"
        letter["Subject"], letter["Message-ID"] = session.texts.title(technical=number % 2 == 0), f"<{number}.{int(time.time())}@example.com>"
        letter.set_content(session.texts.mail())
        if number % 3 == 0:
            letter.add_alternative(as_html(session.texts.article()), subtype="html")
        client.append("INBOX", None, None, letter.as_bytes())
    client.logout()


def compose(session: Session, number: int) -> None:
    """A new letter, a reply or a forward; plain or HTML; draft first now and then; sometimes with a file."""
    how = session.rng.choice(("", "", "_reply_uid", "_forward_uid"))
    html = number % 3 == 2
    session.go("/?_task=mail&_action=compose" + (f"&_mbox=INBOX&{how}={session.rng.randint(1, 12)}" if how else "") + f"&_html={int(html)}")
    session.page.wait_for_function("window.rcmail && rcmail.env && rcmail.env.compose_id && document.querySelector('[name=_subject]')")
    text = as_html(session.texts.article()) if html else session.texts.mail()
    session.page.evaluate("""([to, subject, text, keep]) => {
        const field = name => document.querySelector(`[name=${name}]`);
        field('_to').value = to; if (!field('_subject').value || !keep) field('_subject').value = subject;
        if (/^</.test(text)) field('_is_html').value = '1';
        const old = field('_message').value;
        if (rcmail.editor && rcmail.editor.set_content) rcmail.editor.set_content(keep ? text + '\\n\\n' + rcmail.editor.get_content({nosig: false}) : text);
        else field('_message').value = keep ? text + '\\n\\n' + old : text;
    }""", [f'"{session.texts.name_of().replace(chr(34), "")}" <friend{number}@example.com>, list@example.net', session.texts.title(technical=number % 2 == 0), text, bool(how)])
    if number % 4 == 0:
        with session.page.expect_response(lambda answer: answer.request.method == "POST"):
            session.page.evaluate("rcmail.command('savedraft')")
        session.settle(600)
    if number % 5 == 1:
        name, mime, data = session.rng.choice((("rechnung's.csv", "text/csv", session.texts.csv().encode()), ("plan.png", "image/png", session.texts.picture()), ("log.txt", "text/plain", session.texts.plain(True).encode()), ("all.zip", "application/zip", session.texts.archive())))
        session.page.locator("input[type=file][name='_attachments[]']").first.set_input_files({"name": name, "mimeType": mime, "buffer": data})
        session.settle(1500)
    with session.page.expect_request(lambda request: request.method == "POST" and "_framed" in (request.post_data or request.url) or "_action=send" in request.url):
        session.page.evaluate("rcmail.env.drafts_autosave = 0; rcmail.env.blankbody = false; rcmail.submit_messageform(false)")
    session.settle(1500)


def read(session: Session) -> None:
    """Lists, searches, opens, flags."""
    session.go("/?_task=mail&_mbox=" + session.rng.choice(("INBOX", "Sent", "Drafts")))
    session.page.wait_for_function("window.rcmail && rcmail.env && rcmail.env.mailbox")
    session.page.evaluate("q => { document.querySelector('#mailsearchform, #quicksearchbox').value = q; rcmail.command('search'); }", session.texts.search())
    session.settle(900)
    uid = session.rng.randint(1, 12)
    session.page.evaluate("([uid, flag]) => { rcmail.http_post('mark', {_uid: uid, _flag: flag, _mbox: 'INBOX'}); }", [uid, session.rng.choice(("read", "flagged", "unread"))])
    session.go(f"/?_task=mail&_uid={uid}&_mbox=INBOX&_action=show")
    session.settle(500)


def contact(session: Session, number: int) -> None:
    """A new contact by its framed form; sometimes a vCard import."""
    if number % 8 == 7:
        session.go("/?_task=addressbook&_action=import&_framed=1")
        card = f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{session.texts.name_of()}\r\nNOTE:{session.texts.comment()}\r\nADR:;;{session.texts.address()};;;;\r\nEMAIL:v{number}@example.com\r\nEND:VCARD\r\n"
        session.upload("input[type=file]", "kontakte.vcf", "text/vcard", card.encode())
        with session.page.expect_navigation(wait_until="domcontentloaded"):
            session.page.evaluate("document.querySelector('form').submit()")
        return
    session.go("/?_task=addressbook&_framed=1&_action=show&_source=0&_gid=&_cid=0")
    session.go("/?_task=addressbook&_framed=1&_action=add&_source=0")
    first, _, last = session.texts.name_of().partition(" ")
    session.page.evaluate("""([first, last, mail]) => { const set = (n, v) => { const f = document.querySelector(`[name="${n}"]`); if (f) f.value = v; };
        set('_firstname', first); set('_surname', last); set('_name', first + ' ' + last); set('_email_home[]', mail); }""", [first, last, f"c{number}@example.com"])
    with session.page.expect_navigation(wait_until="domcontentloaded"):
        session.page.evaluate("document.querySelector('form').submit()")


def identity(session: Session) -> None:
    """A signature in the settings."""
    session.go("/?_task=settings&_action=edit-identity&_iid=1&_framed=1")
    session.fill("[name=_name]", session.texts.name_of())
    session.page.evaluate("text => { document.querySelector('[name=_signature]').value = text; }", session.rng.choice(session.texts.parts.MAIL_CLOSINGS))
    with session.page.expect_navigation(wait_until="domcontentloaded"):
        session.page.evaluate("document.querySelector('form').submit()")
