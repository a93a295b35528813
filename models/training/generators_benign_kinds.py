"""All kinds of ordinary texts, by name: each is a generator of its own with a seed of its own, so that leaving one out changes no other.

`console` is what an administrator types into a console of a data base: whole statements, told from attacks by their place alone.
"""

import json
import random
import string
from typing import Callable, NamedTuple

import generators_benign
import generators_benign_rich
from benign_messages import button, counted, message, packed_array, salad, service, stylesheet
from benign_reports import measure_name, report, signed
from benign_texts import TEXTS, block_editor, long_document, notebook, several
from benign_web import WEB
from generators_common import number, token
from written.ordinary import ORDINARY
from written.texts import RECORDS, SOCIAL
from written.texts import TEXTS as WRITTEN_TEXTS

Places = tuple[tuple[str, int], ...]
FIELD: Places = (("body-value", 62), ("query-value", 26), ("body-text", 8), ("header", 2), ("cookie", 2))
LONG: Places = (("body-value", 78), ("body-text", 20), ("query-value", 2))
ASKED: Places = (("query-value", 76), ("body-value", 20), ("header", 4))
DATA: Places = (("body-value", 44), ("query-value", 38), ("cookie", 6), ("body-text", 8), ("header", 4))
SAID: Places = (("body-value", 72), ("query-value", 16), ("body-text", 10), ("header", 2))
NAMED: Places = (("query-name", 50), ("body-name", 50))


class Kind(NamedTuple):
    """One kind: how often it comes, where it stands, what makes it."""

    weight: int
    places: Places
    make: Callable[[random.Random], str]


def web(rule: str) -> Callable[[random.Random], str]:
    """A maker out of the grammar of the web."""
    return lambda rng: WEB.make(rng, rule)


def texts(rule: str, low: int = 1, high: int = 1, between: str = "\n\n") -> Callable[[random.Random], str]:
    """A maker of some pieces of one markup."""
    return lambda rng: several(rng, rule, low, high, between)


def person(rng: random.Random) -> str:
    """A name, an address or a company, as forms hold them."""
    return WEB.fill(rng, rng.choice(("«first» «last»", "«last»", "«first»", "«company»", "«last», «first»", "«first» «last» & «first»", "«first».«last»@«site»", "«n» «last» St.", "«company», «n» «last» Road", "«first» '«noun»' «last»", "«last»'s", "Fam. «last»/«last»", "«first» «last»; «company»", "c/o «first» «last»", "«last» & «last»", "St. «first»'s «noun»", "«first» (\"«noun»\")", "Dr. «last»", "rue de l'«noun», «n»", "C/ «last» n.º «n», 3.º «?izq.»", "«n»/«n» «cap!«noun»»-Straße", "«cap!«noun»» d'«first»", "ул. «last», д. «n»/«1-9», кв. «n»", "〒«100-999»-«1000-9999» 東京都«last»«1-9»-«1-9»-«1-9»", "#«n», 2nd Floor, «last» Layout, Near '«noun»' Temple; Bengaluru - 5600«10-99»")))


def money(rng: random.Random) -> str:
    """Prices, sums and measures."""
    return WEB.fill(rng, rng.choice(("«n»,«10-99» €", "$«n».«10-99»", "€«n»,-", "«n»*«n»", "«n»+«n»=«n»", "«n» x «n» cm", "«n»-«n»", "< «n»", "> «n»", ">=«n»", "«n»%", "+«n»%", "(«n»)", "-«n».«10-99»", "«n»/«n»", "1/2\" x «n»'", "5'«0-11»\"", "«n»' «n»\"", "«n»°C", "«n» EUR/m²", "~«n»", "±«n»", "«n»..«n»", "[«n» TO «n»]", "«n»,«n»;«n»", "«n»|«n»", "USD «n»; EUR «n»", "«n»e«1-9»", "0x«hash»", "«n» & up", "«n» or more", "«n» and «n»", "min «n» / max «n»", "«n»:«n»", "1 = 1 «noun»", "«n»=«n»", "2+2=4", "«n»^2", "sqrt(«n»)", "max(«n», «n»)", "(«n»+«n»)*«n»", "$«n»/mo", "«n»¢", "№«n»", "#«n»-«n»")))


def password(rng: random.Random) -> str:
    """A password of a manager or of a person."""
    if rng.random() < 0.5:
        return generators_benign.password(rng)
    alphabet = string.ascii_letters + string.digits + "".join(rng.sample(string.punctuation, rng.randint(1, 20)))
    return "".join(rng.choices(alphabet, k=rng.randint(6, 40)))


def written(templates: tuple[str, ...]) -> Callable[[random.Random], str]:
    """A maker out of templates written one by one."""
    return lambda rng: WEB.fill(rng, rng.choice(templates))


def site_address(rng: random.Random) -> str:
    """An address of a page of some site, of whatever name: as Referer, Origin, link or return address."""
    noun = lambda: WEB.make(rng, rng.choice(("noun", "adj"))).lower().replace(" ", "-").replace("'", "")
    host = ".".join(rng.choice((noun(), f"{noun()}-{noun()}", f"{noun()}{rng.randint(1, 99)}", f"{noun()}-{noun()}-{noun()}")) for _ in range(rng.choice((1, 1, 2, 2, 3))))
    host = f"{rng.choice(('', '', 'www.', 'shop.', 'blog.', 'data.', 'api.', 'mail.', 'docs.', 'm.', 'app.', 'cdn.'))}{host}.{rng.choice(('com', 'com', 'org', 'net', 'de', 'fr', 'io', 'co.uk', 'example', 'example', 'test', 'info', 'cn', 'ru', 'pl', 'jp', 'com.br', 'app', 'dev', 'edu', 'gov', 'museum'))}"
    step = lambda: rng.choice((noun(), noun(), number(rng), f"{noun()}-{noun()}", f"{noun()} {noun()}.{rng.choice(('pdf', 'md', 'csv', 'rust', 'ps1', 'yaml', 'docx'))}", f"o'{noun()}", token(rng), f"_{noun()}", f"{noun()}.html", "-", "index.php", "content", "customers", "login", "edit", "wiki"))
    path = "".join(f"/{step()}" for _ in range(rng.choice((0, 0, 1, 1, 2, 3, 4)))) + rng.choice(("", "", "/"))
    query = "&".join(f"{noun()}={step()}" for _ in range(rng.randint(1, 3)))
    return f"{rng.choice(('http', 'http', 'https'))}://{host}{rng.choice(('', '', '', '', ':8080', ':8443', ':3000'))}{path}{rng.choice(('', '', '', f'?{query}', f'#{noun()}'))}"


CELLS = (
    "find «place» -type f -name '*.«ext»' -mtime -«1-9» -print0 | xargs -0 grep -l '«noun»' | tee /tmp/«noun».txt", "find . -name \"*.«ext»\" | head -«n»", "ls -la «place»", "df -h | sort -k5", "du -sh * | sort -h", "tail -n «n» «place»/«noun».log | grep -i error", "ps aux | grep python", "nvidia-smi", "pip install -q «noun»", "export «up!«noun»»=«noun»", "for f in *.«ext»; do wc -l \"$f\"; done", "for f in «place»/*; do echo \"$f\"; gzip -k \"$f\"; done", "awk -F, '{print $«1-9»}' «noun».csv | sort | uniq -c", "tar xzf «noun».tar.gz && cd «noun»", "head -«1-9» «noun».csv", "sed -i 's/«noun»/«noun»/g' «noun».«ext»", "cat /proc/cpuinfo | grep model", "env | grep PATH", "mkdir -p «noun»/«noun»", "cp «noun».«ext» «place»/", "chmod +x run.sh && ./run.sh", "python «noun».py --«noun» «n» > «noun».log 2>&1 &", "git clone https://git.example.org/«noun»/«noun».git", "git pull && make", "curl -fsSL https://«noun».example.org/install.sh | sh", "wget -q https://«noun».example.com/«noun».zip -O «noun».zip; unzip -o «noun».zip", "wget -qO- http://127.0.0.1:«3000-9999»/«noun» | jq .", "docker ps -a; docker logs «noun» | tail", "kubectl get pods | grep -v Running", "cat «noun».«ext» | tr ',' '\\t' | column -t", "echo $HOME; whoami; hostname", "uname -a; cat /etc/os-release", "diff «noun».«ext» «noun».«ext» || true", "sort -u «noun».txt > «noun»2.txt", "grep -rn '«noun»' «place» | wc -l", "mysql -u «first2» -e 'select count(*) from «noun»'", "psql -c \"select * from «noun» limit «n»\"", "sqlite3 «noun».db '.tables'", "aws s3 cp s3://«noun»/«noun».csv .", "rm -rf build && mkdir build", "test -f «noun».csv || exit 1", "set -euo pipefail", "#!/bin/bash", "# «noun» of the «noun»", "cd «place»; ls", "ssh «noun» 'uptime'", "rsync -av «noun»/ «noun»:«place»/", "systemctl status «noun» | head -3", "crontab -l | grep «noun»", "jupyter nbconvert --to html «noun».ipynb",
)
"""Lines of shell that people run in their own notebooks."""


def shell_cell(rng: random.Random) -> str:
    """A cell of a notebook that a shell runs."""
    fill = lambda: WEB.fill(rng, rng.choice(CELLS).replace("«place»", rng.choice(("/srv/www", "/var/www", "/data", "..", "../logs", "~/work", "/home/«first2»", "/tmp", ".", "/var/log", "/mnt/«noun»", "/opt/«noun»"))).replace("«ext»", rng.choice(("php", "py", "csv", "txt", "json", "sh", "log", "conf"))))
    if rng.random() < 0.2:
        return "\n".join(f"!{fill()}" for _ in range(rng.randint(1, 2)))
    return f"{rng.choice(('%%bash', '%%bash', '%%bash', '%%sh', '%%script bash', '%%bash --out result'))}\n" + "\n".join(fill() for _ in range(rng.randint(1, 5)))


def search_in_many(rng: random.Random) -> str:
    """A search as an address carries it in its query."""
    return WEB.make(rng, "term")


def packed_form(rng: random.Random) -> str:
    """A whole form or query string in one value."""
    pairs = [f"{WEB.make(rng, 'parameter')}={WEB.make(rng, rng.choice(('noun', 'n', 'odds', 'term', 'hash', 'first')))}" for _ in range(rng.randint(2, 7))]
    return rng.choice(("&", "&", "&", ";", "\n", "&amp;")).join(pairs)


def property_name(rng: random.Random) -> str:
    """A name that begins with a sign, as programs and their interfaces have them: an attack on a document store is one too, but of a known few."""
    return WEB.fill(rng, rng.choice((
        "$«noun»", "$«adj»", "$«noun»«cap!«noun»»", "$«adj»«cap!«noun»»«Id|Name|Type|Key|Ref|Count|Url|»", "$«noun»_«noun»", "$«noun»Id", "$$«noun»", "$«cap!«noun»»", "$«noun»«1-99»", "$_«noun»", "$«noun»-«noun»", "$«noun»[«0-9»]", "«noun».$«noun»",
        "$«orderby|top|select|expand|format|inlinecount|skiptoken|apply|schema|ref|id|batch|metadata|defs|anchor|scope|index|event»", "@«noun»", "@odata.«noun»", "@«noun».«noun»", "#«noun»", "_«noun»", "__«noun»", "__«noun»__", "~«noun»", "-«noun»", "*«noun»",
    )))


def console(rng: random.Random) -> str:
    """Statements in a console."""
    return WEB.fill(rng, rng.choice(("«sqls»", "«sql»", "«sql»\n«sql»", "SELECT * FROM `«id»` WHERE 1", "SELECT * FROM `«id»` ORDER BY `«id»` ASC LIMIT 0, «n»", "SHOW FULL COLUMNS FROM `«id»`", "SELECT * FROM «id» WHERE 1=1 AND «id» = '«noun»'", "SELECT COUNT(*) FROM «id»; -- «noun»", "EXPLAIN SELECT * FROM «id»", "CREATE USER '«name2»'@'%' IDENTIFIED BY '«token»'", "SELECT «id» FROM «id» UNION SELECT «id» FROM «id»", "DROP TABLE `«id»`", "ALTER TABLE `«id»` CHANGE `«id»` `«id»` INT(«1-11») NOT NULL", "db.«id».find({\"«id»\": {\"$gt\": «n»}})", "SELECT sleep(1)", "KILL «n»", "SET NAMES utf8mb4; SET time_zone = '+00:00';", "«shell»", "print(«id»)", "(&(objectClass=person)(cn=«noun»*))", "SELECT * FROM pg_stat_activity", "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = '«noun»'", "DELETE FROM «id» WHERE id = «n»; COMMIT;", "INSERT INTO `«id»` (`«id»`, `«id»`) VALUES ('«first2»', '«n»'), ('«noun»', NULL);")))


def random_shape(rng: random.Random) -> str:
    """Pieces of ordinary texts between signs."""
    sign = rng.choice(("|", ";", ",", "~", "^", "::", " - ", " / ", "\t", "||", "$", "#", "*", "_", "=", ":", "@", ">", "<", "&", "&&", "%", "\\", "'", '"', "`", "--", "()", "[]", "{}", "<>", "'s ", "\", \""))
    return sign.join(WEB.make(rng, rng.choice(("noun", "n", "token", "word", "hash", "adj", "first", "id"))) for _ in range(rng.randint(2, 7)))


def json_with_text(rng: random.Random) -> str:
    """A record with an author's text in one field, as an API takes it."""
    text = TEXTS.make(rng, rng.choice(("md", "block", "wikipart", "chat", "mail", "ticket", "para", "program")))
    return json.dumps({"id": rng.randint(1, 9999), rng.choice(("title", "subject", "name")): TEXTS.make(rng, "title"), rng.choice(("body", "content", "text", "description", "comment")): text, "tags": [TEXTS.make(rng, "noun")]}, ensure_ascii=rng.random() < 0.5)


def calendar(rng: random.Random) -> str:
    """An event, a task or a card of a person, as programs of calendars and address books send them."""
    line = lambda: rng.choice((lambda: TEXTS.make(rng, "para"), lambda: WEB.make(rng, rng.choice(("sentence", "text", "title2", "term")))))().replace("\\", "").replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")
    stamp = lambda: f"20{rng.randint(10, 30)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}T{rng.randint(0, 23):02}{rng.choice((0, 15, 30, 45)):02}00{rng.choice(('Z', ''))}"
    person = lambda: WEB.fill(rng, "«first» «last»").replace(",", "\\,")
    address = lambda: WEB.fill(rng, "«n» «last» St.\\, «cap!«noun»»\\, «n»")
    event = (f"UID:{rng.randint(1, 99)}-{token(rng)}@{WEB.fill(rng, '«site»')}", f"DTSTAMP:{stamp()}", f"DTSTART:{stamp()}", f"DTEND;TZID=Europe/Berlin:{stamp()}", f"SUMMARY:{line()}", f"LOCATION:{address()}", f"DESCRIPTION:{line()} {line()}", f"CATEGORIES:{WEB.fill(rng, '«noun»,«noun»')}", "STATUS:CONFIRMED", f"RRULE:FREQ=WEEKLY;BYDAY=MO,TH;COUNT={rng.randint(2, 20)}", f"ATTENDEE;CN={person()};RSVP=TRUE:mailto:{WEB.fill(rng, '«name»@«site»')}", f"URL:{WEB.fill(rng, '«link»')}", f"X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC", f"COMMENT:{line()}", f"ORGANIZER;CN={person()}:mailto:{WEB.fill(rng, '«name»@«site»')}")
    card = (f"FN:{person()}", f"N:{WEB.fill(rng, '«last»;«first»;;;')}", f"EMAIL;TYPE=INTERNET:{WEB.fill(rng, '«name»@«site»')}", f"TEL;TYPE=CELL:+{rng.randint(1, 99)} {rng.randint(100, 999)} {rng.randint(1000, 99999)}", f"ADR;TYPE=HOME:;;{address()};;;", f"NOTE:{line()}", f"ORG:{WEB.fill(rng, '«company»')}", f"TITLE:{WEB.fill(rng, '«adj» «noun»')}", f"BDAY:19{rng.randint(50, 99)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}", f"URL:{WEB.fill(rng, '«link»')}")
    kind, lines = rng.choice((("VEVENT", event), ("VEVENT", event), ("VTODO", event), ("VJOURNAL", event), ("VCARD", card)))
    inner = [f"BEGIN:{kind}", *rng.sample(lines, rng.randint(4, len(lines))), f"END:{kind}"]
    if kind == "VCARD":
        inner.insert(1, f"VERSION:{rng.choice(('3.0', '4.0', '2.1'))}")
    elif rng.random() < 0.9:
        inner = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//{WEB.fill(rng, '«company»')}//{WEB.fill(rng, '«noun»')}//EN", *inner, "END:VCALENDAR"]
    return rng.choice(("\r\n", "\n")).join(inner)


ROOMS = (
    "config", "configs", "configuration", "settings", "conf", "env", "environments", "system", "users", "home", "var", "vars", "variables", "tmp", "temp", "proc", "process", "processes", "procedures", "etc", "logs", "log", "backup", "backups", "admin", "root", "bin", "sys", "opt", "options", "usr", "dev", "devices", "boot", "passwords", "secrets", "keys", "credentials", "tokens",
    "git", "repos", "refs", "heads", "branches", "blob", "tree", "raw", "commits", "hosts", "network", "server", "status", "info", "health", "actuator", "console", "debug", "download", "upload", "files", "file", "documents", "include", "includes", "templates", "exec", "run", "jobs", "query", "select", "insert", "update", "delete", "search", "graphql", "script", "scripts", "static", "public", "private", "internal", "local", "global",
)
"""Words of paths of programs that attacks on files have too."""


def room(rng: random.Random) -> str:
    """A path of a program's interface, a file store or a documentation, of words that look like a server's folders."""
    joined = lambda: rng.choice(("{}{}", "{}-{}", "{}_{}", "{}.{}")).format(rng.choice((WEB.make(rng, "noun"), rng.choice(ROOMS))), rng.choice(ROOMS))
    steps = [WEB.make(rng, "noun") if rng.random() < 0.35 else joined() if rng.random() < 0.3 else rng.choice(ROOMS) for _ in range(rng.randint(1, 5))]
    start = WEB.fill(rng, rng.choice(("", "", "/api", "/api/v«1-4»", "/rest/api/«1-3»", "/v«1-3»", "/«noun»", "/files", "/f/«first»", "/s/«last»", "/«noun»/«uuid»", "/docs/en", "/wp-json/wp/v2", "/-", "/@«first»", "/index.php")))
    end = WEB.fill(rng, rng.choice(("", "", "", "/", "/«n»", "/«uuid»", ".json", ".xml", ".html", ".php", ".zip", ".tar.gz", ".pdf", ".txt", ".csv", ".md", ".py", ".js", "/«last»'s «noun».docx", "/«noun» («1-9»).pdf", "/«noun».«noun».zip", "/o'«last»/«noun».zip", "/«first» & «first».jpg", "/«noun»@«1-9».«0-9»", ":«noun»", "/«noun»,«noun»", "/«noun»=«n»", "/~", "/«noun».min.js", "/«cap!«noun»»_«cap!«noun»».html", "/#«noun»", "/«noun»[«0-9»]", "/«id»/«n»;v=«n»")))
    path = f"{start}/{'/'.join(steps)}{end}"
    # Joined by programs that take no care: `/img//logo.png`, `/css/./site.css`.
    way, between = rng.random(), [at for at, sign in enumerate(path) if sign == "/"]
    for chance, doubled in ((0.06, "/./"), (0.16, "//")):
        if way < chance:
            at = rng.choice(between)
            return f"{path[:at]}{doubled}{path[at + 1 :]}"
    return path


def old(module, name: str) -> Callable[[random.Random], str]:
    """A maker of the first generators."""
    return getattr(module, name)


def html_document(rng: random.Random) -> str:
    """A whole page, or its beginning, as editors, mail clients and page builders send it."""
    start = rng.choice(("<!DOCTYPE html>", "<!doctype html>", "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\" \"http://www.w3.org/TR/html4/loose.dtd\">", "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE html>", "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">", "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">", ""))
    attribute = rng.choice(("", ' lang="en"', ' lang="de"', ' xmlns="http://www.w3.org/1999/xhtml"'))
    extra = rng.choice(("", "<style>body{margin:0}</style>", '<link rel="stylesheet" href="/css/main.css">', '<meta name="viewport" content="width=device-width, initial-scale=1">'))
    head = f'<html{attribute}><head><meta charset="utf-8"><title>{TEXTS.make(rng, "title")}</title>{extra}</head>'
    around = rng.choice(("", "", "", "", ' class="home"', ' style="margin:0"', ' onload="init()"', ' onload="start();" bgcolor="#fff"'))
    body = f"<body{around}>{several(rng, 'block', 1, 5, chr(10))}</body></html>"
    return rng.choice((start, f"{start}{head}{body}", f"{start}\n{head}\n{body}", f"{start}\n{head}", f"{head}{body}", f"{start}<html><body>{several(rng, 'block', 1, 2, '')}</body></html>"))


WRITTEN = {"query-value": 100, "body-value": 82, "cookie": 34, "header": 46, "path": 40, "query-name": 24, "body-name": 22, "file-name": 22, "body-text": 28}
"""How often the templates of a place come."""

KINDS: dict[str, Kind] = {
    **{f"written-{place}": Kind(weight, ((place, 100),), written(ORDINARY[place])) for place, weight in WRITTEN.items()}, "written-texts": Kind(116, LONG, written(WRITTEN_TEXTS)), "written-records": Kind(72, LONG, written(RECORDS)), "written-social": Kind(50, SAID, written(SOCIAL)),
    "html-document": Kind(10, LONG, html_document), "calendar": Kind(14, (("body-text", 76), ("body-value", 24)), calendar),
    "cookie-web": Kind(34, (("cookie", 100),), web("cookie")), "cookie-first": Kind(16, (("cookie", 100),), old(generators_benign, "cookie")),
    "header-web": Kind(30, (("header", 100),), web("header")), "header-first": Kind(14, (("header", 100),), old(generators_benign, "header")), "user-agent": Kind(10, (("header", 97), ("query-value", 3)), web("ua")),
    "form-person": Kind(26, FIELD, person), "form-money": Kind(14, FIELD, money), "form-sentence": Kind(40, FIELD, web("sentence")), "form-text": Kind(20, FIELD, web("text")), "form-sms": Kind(8, FIELD, web("sms")), "form-password": Kind(16, (("body-value", 90), ("header", 2), ("query-value", 8)), password), "form-packed": Kind(8, DATA, packed_form),
    "search": Kind(28, ASKED, search_in_many), "title": Kind(18, FIELD, texts("title")), "security-prose": Kind(20, LONG, texts("security", 1, 3, " ")), "parameter-name": Kind(14, NAMED, web("parameter")),
    "api-filter": Kind(26, DATA, web("api")), "graphql": Kind(12, LONG, web("graphql")), "json-record": Kind(26, DATA, web("json")), "json-text": Kind(16, DATA, json_with_text), "csv": Kind(6, LONG, web("csv")), "telemetry": Kind(20, (("body-value", 60), ("body-text", 28), ("query-value", 12)), web("telemetry")),
    "xml": Kind(14, (("body-text", 70), ("body-value", 30)), web("xml")), "xml-random": Kind(10, (("body-text", 70), ("body-value", 30)), old(generators_benign_rich, "xml")), "merge-field": Kind(18, FIELD, web("merge")), "formula": Kind(10, FIELD, web("formula")), "odd-value": Kind(40, DATA, web("odds")), "random-shape": Kind(24, DATA, random_shape),
    "address-or-path": Kind(30, (("query-value", 38), ("body-value", 26), ("header", 20), ("cookie", 4), ("file-name", 4), ("query-name", 2), ("body-text", 6)), web("where")), "path-rooms": Kind(24, (("path", 88), ("query-value", 8), ("body-value", 4)), room), "path-first": Kind(10, (("path", 100),), old(generators_benign, "path")), "file-name": Kind(8, (("file-name", 90), ("body-value", 10)), old(generators_benign, "file_name")), "structured-first": Kind(24, DATA, old(generators_benign, "structured")), "packed-bytes": Kind(8, DATA, web("packed")),
    "markdown": Kind(30, LONG, texts("md", 1, 6)), "html-editor": Kind(34, LONG, lambda rng: several(rng, "block", 1, 7, rng.choice(("", "\n")))), "html-inline": Kind(8, LONG, texts("in", 1, 3, " ")), "wiki": Kind(24, LONG, texts("wikipart", 1, 6)), "bbcode": Kind(8, LONG, texts("bbcode", 1, 3)), "chat": Kind(22, LONG, texts("chat", 1, 2, "\n")), "mail": Kind(12, LONG, texts("mail")), "ticket": Kind(14, LONG, texts("ticket")), "block-editor": Kind(14, LONG, block_editor), "notebook": Kind(8, LONG, notebook),
    "message": Kind(14, LONG, message), "report": Kind(34, (("body-text", 35), ("body-value", 45), ("query-value", 20)), report), "measure-name": Kind(5, NAMED, measure_name), "property-name": Kind(5, NAMED, property_name), "cookie-signed": Kind(10, (("cookie", 92), ("query-value", 8)), signed), "word-salad": Kind(20, FIELD, salad), "counted": Kind(16, FIELD, counted), "packed-array": Kind(5, (("cookie", 50), ("body-value", 40), ("query-value", 10)), packed_array), "stylesheet": Kind(8, LONG, stylesheet), "shell-cell": Kind(10, LONG, shell_cell), "site-address": Kind(26, (("header", 60), ("query-value", 20), ("body-value", 16), ("body-text", 4)), site_address), "button": Kind(5, LONG, button), "service-name": Kind(10, (("body-value", 40), ("query-value", 34), ("path", 20), ("header", 6)), service),
    "program": Kind(26, LONG, texts("program")), "line-of-code": Kind(20, LONG, texts("line")), "inline-code": Kind(10, LONG, texts("step")), "long-document": Kind(16, (("body-value", 84), ("body-text", 16)), long_document), "console": Kind(20, (("body-value", 90), ("body-text", 10)), console),
    **{f"rich-{name}": Kind(5, LONG, old(generators_benign_rich, name)) for name in ("prose", "title", "markdown", "editor", "wiki", "report")},
}


AUTHORED = frozenset(("security-prose", "title", "markdown", "html-editor", "html-inline", "wiki", "bbcode", "chat", "mail", "ticket", "block-editor", "notebook", "program", "line-of-code", "inline-code", "long-document", "console", "button", "shell-cell", "json-text", "written-texts", "written-records", *(name for name in KINDS if name.startswith("rich-"))))
"""Kinds that authors write, who quote attacks and code, and records of machines, which quote what they met: of them 1 % may be refused, as of code and Markdown in the corpora."""


def of_kind(name: str, seed: int, count: int) -> list[tuple[str, str, str]]:
    """At most `count` different (kind, place, text) of one kind."""
    kind, rng = KINDS[name], random.Random(f"{seed}/{name}")
    places, weights = zip(*kind.places)
    seen: dict[tuple[str, str, str], None] = {}
    for _ in range(count * 2):
        if len(seen) >= count:
            break
        text = kind.make(rng)
        if rng.random() < 0.01:
            text = f"{text} {token(rng)}"
        seen.setdefault((name, rng.choices(places, weights=weights)[0], text))
    return list(seen)


def generate_rows(seed: int, count: int) -> list[tuple[str, str, str]]:
    """About `count` different (kind, place, text), each kind by its weight."""
    total = sum(kind.weight for kind in KINDS.values())
    return [row for name, kind in KINDS.items() for row in of_kind(name, seed, max(1, count * kind.weight // total))]
