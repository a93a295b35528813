"""Ordinary texts that look a little like attacks, by the kind of place they stand in.

The real requests at hand carry no cookies, few headers of API clients and few forms; the prose corpora carry no markup.
Every generator returns (kind, text) with the kind of target as the filter names it.
"""

import base64
import json
import random

from generators_benign_rich import RICH
from generators_common import NAMES, WORDS, number, token

SITES = ("www.example.org", "shop.example.com", "blog.example.net", "cdn.example.io", "news.example.co.uk", "example.de", "forum.example.fr", "api.example.dev", "portal.example.gr")
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "JPY")


def words(rng: random.Random, low: int, high: int) -> str:
    """Some words in a row."""
    return " ".join(rng.choices(WORDS, k=rng.randint(low, high)))


def moment(rng: random.Random) -> str:
    """A date or a time, as clients write them."""
    y, m, d, h, i, s = rng.randint(1950, 2030), rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59)
    return rng.choice((f"{y}-{m:02}-{d:02}", f"{d}/{m}/{y}", f"{m}/{d}/{y}", f"{y}-{m:02}-{d:02}T{h:02}:{i:02}:{s:02}Z", f"{y}-{m:02}-{d:02} {h:02}:{i:02}:{s:02}", f"{d}.{m}.{y}", f"{h:02}:{i:02}", f"{y}-{m:02}-{d:02}T{h:02}:{i:02}:{s:02}+02:00",
                       str(rng.randint(10**9, 2 * 10**9)), str(rng.randint(10**12, 2 * 10**12)), f"[{y}-{m:02}-{d:02} TO *]", f"{y}-W{rng.randint(1, 52)}", f"P{d}DT{h}H", f"Mon, {d:02} Jan {y} {h:02}:{i:02}:{s:02} GMT"))


def address(rng: random.Random) -> str:
    """A web address without anything wrong in it."""
    path = "/".join(rng.choices(WORDS, k=rng.randint(0, 4)))
    asks = "&".join(f"{rng.choice(WORDS)}={rng.choice((number(rng), token(rng), rng.choice(WORDS), '%20'.join(rng.choices(WORDS, k=2))))}" for _ in range(rng.randint(0, 4)))
    return f"{rng.choice(('https', 'https', 'http'))}://{rng.choice(SITES)}/{path}{rng.choice(('', '/', '.html', '.php', '.aspx', '#top', '#/users/1'))}{'?' + asks if asks else ''}"


def jwt(rng: random.Random) -> str:
    """A signed token."""
    def part(value) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    return f"{part({'alg': rng.choice(('HS256', 'RS256', 'ES256')), 'typ': 'JWT'})}.{part({'sub': number(rng), 'name': rng.choice(NAMES), 'iat': rng.randint(10**9, 2 * 10**9), 'scope': words(rng, 1, 3)})}.{base64.urlsafe_b64encode(rng.randbytes(32)).decode().rstrip('=')}"


def coded(rng: random.Random) -> str:
    """Hashes, ids and encoded bytes."""
    raw = rng.randbytes(rng.choice((6, 8, 12, 16, 20, 24, 32, 48, 64)))
    h = raw.hex()
    return rng.choice((h, h.upper(), base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(), f"{h[:8]}-{h[8:12]}-4{h[:3]}-a{h[:3]}-{h[:12]}", f"W/\"{h[:16]}\"", f"\"{h[:12]}\"", f"sha256-{base64.b64encode(raw).decode()}", f"{{{h[:8].upper()}-0000-4000-8000-{h[:12].upper()}}}"))


def cookie(rng: random.Random) -> str:
    """The value of a cookie."""
    n, t = rng.randint(10**8, 10**10), rng.randint(10**9, 2 * 10**9)
    data = {"id": number(rng), "items": [{"sku": token(rng), "qty": rng.randint(1, 9)} for _ in range(rng.randint(0, 3))], "lang": "en", "ts": t}
    return rng.choice((
        lambda: f"GA1.{rng.randint(1, 3)}.{n}.{t}", lambda: f"GS1.1.{t}.{rng.randint(1, 40)}.1.{t}.60.0.0", lambda: f"fb.1.{t}123.{n}", lambda: jwt(rng), lambda: coded(rng), lambda: json.dumps(data), lambda: json.dumps(data, separators=(",", ":")),
        lambda: base64.b64encode(json.dumps(data).encode()).decode(), lambda: f"s:{coded(rng)}.{base64.b64encode(rng.randbytes(32)).decode()}", lambda: f"{{stamp:'{base64.b64encode(rng.randbytes(16)).decode()}',necessary:true,preferences:false,statistics:false,marketing:false,method:'explicit',ver:1,utc:{t}123,region:'de'}}",
        lambda: f"isGpcEnabled=0&datestamp=Tue+Nov+18+2025+10%3A12%3A41+GMT%2B0100+(Central+European+Standard+Time)&version=202{rng.randint(1, 6)}09.1.0&hosts=&consentId={coded(rng)}&interactionCount=1&groups=C0001%3A1%2CC0002%3A0%2CC0003%3A{rng.randint(0, 1)}&geolocation=DE%3BBY&AwaitingReconsent=false",
        lambda: f"{n}|{coded(rng)}|{t}", lambda: f"a:2:{{s:10:\"session_id\";s:32:\"{rng.randbytes(16).hex()}\";s:10:\"ip_address\";s:9:\"127.0.0.1\";}}", lambda: f"{rng.choice(WORDS)}={number(rng)}&{rng.choice(WORDS)}={token(rng)}", lambda: f"{token(rng)}:{token(rng)}!{number(rng)}", lambda: f"v1%7C{n}%7C{t}",
        lambda: f"CP{base64.urlsafe_b64encode(rng.randbytes(40)).decode().rstrip('=')}.YAAAAAAAAAAA", lambda: rng.choice(("true", "false", "1", "0", "en-US", "de", "dark", "UTC", "Europe/Berlin", "allow", "accepted", "light", "EUR", "yes", "deleted", "null", "undefined", "none", "{}", "[]", "\"\"")),
        lambda: f"\"{token(rng)}|{t}|{token(rng)}\"", lambda: f"{n}.{n}.{t}.{t}.{t}.{rng.randint(1, 9)}", lambda: f"[{n},{t},\"{token(rng)}\"]", lambda: f"CONSENT+{rng.randint(100, 999)}", lambda: f"i={token(rng)}&t={t}&s=(direct)|utmcmd=(none)", lambda: f"utmcsr=google|utmcmd=organic|utmctr=(not%20provided)", lambda: address(rng),
        lambda: f"1_vid%7Cs%3A{coded(rng)}%3B", lambda: f"$2y$10${base64.b64encode(rng.randbytes(30)).decode()}", lambda: f"dsh_{t};{n};{token(rng)}", lambda: f"~{token(rng)}~{number(rng)}~", lambda: f"{rng.randint(800, 2560)}x{rng.randint(600, 1440)}", lambda: f"eyJpdiI6{base64.b64encode(rng.randbytes(90)).decode()}",
    ))()


def agent(rng: random.Random) -> str:
    """A User-Agent of browsers, tools, libraries and bots."""
    v = f"{rng.randint(1, 130)}.{rng.randint(0, 9)}.{rng.randint(0, 999)}"
    return rng.choice((
        f"Mozilla/5.0 (X11; Linux x86_64; rv:{v}) Gecko/20100101 Firefox/{v}", f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{v} Safari/605.1.15", f"curl/{v}", f"Wget/{v} (linux-gnu)", f"python-requests/{v}", f"Go-http-client/1.1",
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148", f"okhttp/{v}", f"Apache-HttpClient/{v} (Java/17.0.{rng.randint(1, 9)})", f"PostmanRuntime/{v}", f"axios/{v}", f"node-fetch/{v} (+https://github.com/bitinn/node-fetch)", f"git/{v}", f"ELB-HealthChecker/2.0",
        f"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", f"kube-probe/1.{rng.randint(20, 33)}", f"Prometheus/{v}", f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v} Safari/537.36 Edg/{v}", f"Dalvik/2.1.0 (Linux; U; Android 13; SM-G991B Build/TP1A.220624.014)",
        f"Java/1.8.0_{rng.randint(100, 400)}", f"Microsoft-WebDAV-MiniRedir/10.0.{rng.randint(10000, 22631)}", f"Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US) ({words(rng, 1, 2)})", f"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", f"{rng.choice(WORDS).title()}/{v} ({rng.choice(WORDS)}; +{address(rng)})", f"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        f"Docker-Client/{v} (linux)", f"aws-sdk-java/{v} Linux/5.10 OpenJDK_64-Bit_Server_VM/25.{rng.randint(100, 400)}-b08 kotlin/1.3.10", f"Thunderbird/{v}", f"Lynx/2.9.0dev.{rng.randint(1, 12)} libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.7.8",
    ))


def header(rng: random.Random) -> str:
    """The value of a header of a browser or an API client."""
    return rng.choice((
        lambda: agent(rng), lambda: agent(rng), lambda: address(rng), lambda: f"Bearer {jwt(rng)}", lambda: f"Basic {base64.b64encode(f'{rng.choice(NAMES)}:{token(rng)}'.encode()).decode()}", lambda: f"Bearer {coded(rng)}",
        lambda: rng.choice(("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", "*/*", "application/json, text/plain, */*", "text/css,*/*;q=0.1", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", "application/vnd.api+json", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2")),
        lambda: rng.choice(("en-US,en;q=0.9", "de-DE,de;q=0.9,en;q=0.7", "el-GR,el;q=0.9,en;q=0.8", "fr", "*", "pt-BR,pt;q=0.9", "en-GB;q=0.8, *;q=0.1")), lambda: f"multipart/form-data; boundary=----WebKitFormBoundary{token(rng, 16, 16)}", lambda: f"bytes={rng.randint(0, 999)}-{rng.choice(('', rng.randint(1000, 99999)))}",
        lambda: f"Digest username=\"{rng.choice(NAMES)}\", realm=\"{words(rng, 1, 3)}\", nonce=\"{token(rng, 16, 32)}\", uri=\"/{rng.choice(WORDS)}/?a={number(rng)}\", response=\"{rng.randbytes(16).hex()}\", opaque=\"{token(rng)}\", qop=auth, nc=00000001, cnonce=\"{token(rng)}\"", lambda: f"AWS4-HMAC-SHA256 Credential={token(rng, 16, 20).upper()}/20251103/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature={rng.randbytes(32).hex()}",
        lambda: f"\"Chromium\";v=\"{rng.randint(80, 140)}\", \"Not;A=Brand\";v=\"{rng.randint(8, 99)}\"", lambda: f"00-{rng.randbytes(16).hex()}-{rng.randbytes(8).hex()}-01", lambda: f"for=\"[2001:db8::{rng.randint(1, 99)}]:{rng.randint(1024, 60000)}\";proto=https;by=10.0.0.{rng.randint(1, 250)}", lambda: f"{rng.randint(1, 223)}.{rng.randint(0, 255)}.0.{rng.randint(1, 254)}, 10.0.0.{rng.randint(1, 9)}",
        lambda: f"W/\"{token(rng)}\", \"{token(rng)}\"", lambda: moment(rng), lambda: "max-age=0", lambda: "trailers", lambda: "XMLHttpRequest", lambda: f"{token(rng)}@sha256:{rng.randbytes(32).hex()}", lambda: f"attachment; filename=\"{rng.choice(WORDS)} ({rng.randint(1, 9)}).pdf\"; filename*=UTF-8''{rng.choice(WORDS)}.pdf", lambda: coded(rng), lambda: f"<{address(rng)}>; rel=\"next\"",
        lambda: f"Opaque; if (<urn:uuid:{token(rng)}>)", lambda: f"(<opaquelocktoken:{coded(rng)}>)", lambda: f"Second-{rng.randint(60, 9999)}", lambda: f"text/xml; charset=\"utf-8\"", lambda: f"\"http://schemas.xmlsoap.org/soap/{rng.choice(WORDS)}#{rng.choice(WORDS)}\"", lambda: f"Signature keyId=\"{token(rng)}\",algorithm=\"rsa-sha256\",headers=\"(request-target) host date\",signature=\"{base64.b64encode(rng.randbytes(32)).decode()}\"",
    ))()


def path(rng: random.Random) -> str:
    """A request path."""
    parts = "/".join(rng.choice((rng.choice(WORDS), rng.choice(WORDS), token(rng), number(rng), f"{rng.choice(WORDS)}-{rng.choice(WORDS)}", f"{rng.choice(WORDS)}_{number(rng)}", rng.choice(NAMES), f"@{rng.choice(NAMES)}", f"v{rng.randint(1, 4)}", f"~{rng.choice(NAMES)}")) for _ in range(rng.randint(1, 6)))
    end = rng.choice(("", "", "", "/", ".html", ".php", ".js", ".css", ".png", ".min.js", f".{token(rng, 8, 8)}.js", ".map", ".json", ".aspx", ".jsp", ".do", ";jsessionid=" + rng.randbytes(16).hex().upper(), ".well-known", f"@{rng.randint(1, 9)}.{rng.randint(0, 20)}.{rng.randint(0, 9)}/dist/index.js", ".tar.gz", f"({number(rng)})", f"('{token(rng)}')", f"/{rng.choice(WORDS)}:{rng.choice(WORDS)}", ".m3u8", "/index.php", f",{number(rng)}.html", "/..."))
    if rng.random() < 0.15:
        package = f"{rng.choice(('', f'@{rng.choice(WORDS)}/'))}{rng.choice(WORDS)}-{rng.choice(WORDS)}@{rng.randint(0, 30)}.{rng.randint(0, 40)}.{rng.randint(0, 20)}"
        return f"/{rng.choice(('npm', 'gh', 'ajax/libs', 'pkg', 'unpkg'))}/{package}/{rng.choice(('es', 'lib', 'dist', 'umd', 'esm', 'src', 'build'))}/{rng.choice(('', rng.choice(WORDS) + '/'))}{rng.choice((rng.choice(WORDS), token(rng), rng.choice(WORDS).title()))}{rng.choice(('.js', '.mjs', '.css', '.min.js', '.d.ts', '.map'))}"
    if rng.random() < 0.1:
        return f"/{parts}/{'.'.join(rng.choices(WORDS, k=rng.randint(2, 4)))}{rng.choice(('', '-' + rng.choice(WORDS)))}"
    return f"/{parts}{end}"


def file_name(rng: random.Random) -> str:
    """The name of an uploaded file, or a place on somebody's disk."""
    ext = rng.choice(("pdf", "docx", "xlsx", "jpg", "jpeg", "png", "zip", "txt", "csv", "mp4", "svg", "html", "js", "py", "sql", "sh", "exe", "tar.gz", "ini", "log", "conf", "md"))
    base = rng.choice((words(rng, 1, 4), f"{words(rng, 1, 2)} ({rng.randint(1, 20)})", f"IMG_{rng.randint(1000, 9999)}", f"Screenshot 2025-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} at {rng.randint(1, 12)}.{rng.randint(0, 59):02}", f"{rng.choice(NAMES)}'s {rng.choice(WORDS)}", f"Rechnung Nr. {number(rng)}", f"{words(rng, 1, 2)} & {rng.choice(WORDS)}", f"[{rng.choice(WORDS)}] {rng.choice(WORDS)}", f"{rng.choice(WORDS)}...final", f"{rng.choice(WORDS)}_v{rng.randint(1, 9)}.{rng.randint(0, 9)}", f"{rng.choice(WORDS)};{rng.choice(WORDS)}", f"~${rng.choice(WORDS)}", f"{rng.choice(WORDS)}#{number(rng)}", f"{rng.choice(WORDS)}+{rng.choice(WORDS)}"))
    place = rng.choice(("", "", "", f"C:\\Users\\{rng.choice(NAMES)}\\Documents\\", f"/home/{rng.choice(NAMES)}/{rng.choice(WORDS)}/", "C:\\fakepath\\", f"{rng.choice(WORDS)}/{rng.choice(WORDS)}/", "./", f"D:/{rng.choice(WORDS)}/", f"/Users/{rng.choice(NAMES)}/Desktop/", f"\\\\fileserver\\{rng.choice(WORDS)}\\", f"/var/www/{rng.choice(WORDS)}/", f"/usr/share/{rng.choice(WORDS)}/", f"../{rng.choice(WORDS)}/", f"/opt/{rng.choice(WORDS)}/", f"src/{rng.choice(WORDS)}/"))
    return f"{place}{base}.{ext}"


def password(rng: random.Random) -> str:
    """Passwords that people, and managers of passwords, make."""
    signs = "!@#$%^&*()-_=+[]{};:'\",.<>/?|`~\\"
    word = rng.choice(WORDS + list(NAMES))
    return rng.choice((
        lambda: "".join(rng.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789" + signs, k=rng.randint(8, 32))), lambda: "".join(rng.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789" + "!@#$%&*-_", k=rng.randint(8, 20))), lambda: f"{word.title()}{rng.randint(1, 9999)}{rng.choice(signs)}", lambda: f"{word}{rng.choice(signs)}{rng.choice(WORDS)}{rng.choice(signs)}{rng.randint(1, 99)}",
        lambda: f"{rng.choice(signs)}{word}{rng.choice(signs)}", lambda: f"{word.replace('e', '3').replace('a', '@').replace('o', '0')}!", lambda: f"I<3{word}", lambda: f"{word}--{rng.randint(1, 99)}", lambda: f"'{word}'", lambda: f"{word}';", lambda: "-".join(rng.choices(WORDS, k=4)), lambda: f"={word}|{rng.randint(1, 99)}", lambda: f"${word}${rng.randint(1, 99)}", lambda: f"{word}#{word}#", lambda: f"{rng.randint(1, 9)}or{rng.randint(1, 9)}",
    ))()


def structured(rng: random.Random) -> str:
    """Records, filters, sorts, expressions and configuration of applications, as parameters carry them."""
    a, b, n = rng.choice(WORDS), rng.choice(WORDS), number(rng)
    return rng.choice((
        lambda: "|".join(rng.choices(WORDS, k=rng.randint(2, 6))), lambda: ";".join(f"{rng.choice(WORDS)}={number(rng)}" for _ in range(rng.randint(1, 5))), lambda: "~".join(token(rng) for _ in range(rng.randint(2, 5))), lambda: f"{a}:{n},{b}:{n}", lambda: f"{a} eq '{b}' and {b} gt {n}", lambda: f"$filter={a} eq {n}", lambda: f"-{a},{b}", lambda: f"{a}:asc,{b}:desc", lambda: f"{a} desc", lambda: f"{a}[]={b}",
        lambda: json.dumps([rng.choice(WORDS) for _ in range(rng.randint(1, 5))]), lambda: json.dumps({a: n, b: [1, 2]}), lambda: json.dumps([[a, "=", n], [b, "ilike", "x"]]), lambda: f"[[\"{a}\",\"=\",{n}],[\"{b}\",\"in\",[1,2,3]]]", lambda: json.dumps({"op": "and", "rules": [{"field": a, "op": rng.choice(("<", ">", "=", "like", "in")), "value": n}]}), lambda: f"{{\"{a}\":{{\"$gt\":{n}}}}}", lambda: f"({a} AND {b}) OR \"{a} {b}\"", lambda: f"\"{words(rng, 2, 3)}\" -{a}",
        lambda: f"{a} {rng.randint(5, 65)}\" {b}", lambda: f"{rng.randint(1, 6)}' {rng.randint(0, 11)}\" {a}", lambda: f"{a} & {b}", lambda: f"{a} | {b}", lambda: f"site:{rng.choice(SITES)} {a}", lambda: f"site:{rng.choice(SITES)} {path(rng)}", lambda: f"{rng.choice(('filetype', 'intitle', 'inurl', 'author', 'tag', 'is', 'in', 'repo', 'lang'))}:{b} {a} {path(rng) if rng.random() < 0.3 else n}", lambda: f"{a} {path(rng)}", lambda: f"what is {path(rng)}", lambda: f"{a}+{b}", lambda: f"{a} -- {b}", lambda: f"{a} > {n}", lambda: f"{n} < {a} < {n}9", lambda: f"<{rng.choice(NAMES)}@{rng.choice(SITES)}>", lambda: f"{rng.choice(NAMES).title()} <{rng.choice(NAMES)}@{rng.choice(SITES)}>", lambda: f"{{{{{a}.{b}}}}}", lambda: f"${{{a}}}", lambda: f"%{a}%", lambda: f"[{a}]", lambda: f"{{{a}}}", lambda: f":{a}",
        lambda: f"{a.title()}({n})", lambda: f"{a}({b})", lambda: f"SUM({a.upper()}{rng.randint(1, 99)}:{b.upper()}{rng.randint(1, 99)})", lambda: f"=IF(A{rng.randint(1, 99)}>{n},\"{a}\",\"{b}\")", lambda: f"^{a}.*{b}$", lambda: f"/^{a}[0-9]+$/i", lambda: f"*.{a}", lambda: f"{a}*", lambda: f"#{token(rng, 6, 6)}", lambda: f"rgba({rng.randint(0, 255)},{rng.randint(0, 255)},{rng.randint(0, 255)},0.{rng.randint(1, 9)})", lambda: f"translate({n}px, {n}px) rotate(45deg)", lambda: f"M{n} {n}L{n} {n}Z", lambda: f"POINT({rng.randint(-90, 90)}.{rng.randint(0, 99)} {n})", lambda: f"{rng.randint(-90, 90)}.{rng.randint(100, 999999)},{rng.randint(-180, 180)}.{rng.randint(100, 999999)}",
        lambda: f"{a.title()}.{b.title()}.{rng.choice(WORDS).title()}", lambda: f"com.example.{a}.{b.title()}", lambda: f"org.springframework.{a}.{b.title()}", lambda: f"System.{a.title()}", lambda: f"@{a}/{b}@^{rng.randint(0, 20)}.{rng.randint(0, 20)}.0", lambda: f"{a}=={rng.randint(0, 20)}.{rng.randint(0, 9)}", lambda: f">={rng.randint(0, 9)}.{rng.randint(0, 9)},<{rng.randint(9, 19)}", lambda: f"{a}::{b}", lambda: f"{a}->{b}", lambda: f"{a}.{b}()", lambda: f"{a} => {b}", lambda: f"{a}_{b}.{token(rng)}", lambda: f"data:image/png;base64,{base64.b64encode(rng.randbytes(60)).decode()}",
        lambda: f"{rng.randint(1, 999)}.{rng.randint(10, 99)} {rng.choice(CURRENCIES)}", lambda: f"${rng.randint(1, 999)}.{rng.randint(10, 99)}", lambda: f"+{rng.randint(1, 99)} ({rng.randint(10, 999)}) {rng.randint(100, 999)}-{rng.randint(1000, 9999)}", lambda: f"{a.upper()}-{n}/{rng.choice('ABC')}", lambda: f"{rng.randint(1, 99)}%", lambda: f"{a} ({b})", lambda: f"{a}/{b}", lambda: f"{a}, {b} & co.", lambda: moment(rng), lambda: coded(rng), lambda: address(rng), lambda: f"{rng.randint(1, 24)}:{rng.randint(10, 59)} - {rng.randint(1, 24)}:{rng.randint(10, 59)}",
        lambda: f"http://localhost:{rng.choice((3000, 8080, 5000))}/{a}", lambda: f"127.0.0.1:{rng.choice((3000, 8080))}", lambda: f"10.0.0.0/{rng.randint(8, 30)}", lambda: f"mongodb://{a}:27017/{b}", lambda: f"{a}; {b}; {rng.choice(WORDS)}", lambda: f"{a} && {b}", lambda: f"{a} || {b}", lambda: f"!{a}", lambda: f"{a}?.{b}", lambda: f"{a} or {b}", lambda: f"{a} and {n}", lambda: f"#{n} {a}", lambda: f"{rng.choice(NAMES)} o'{rng.choice(NAMES)}", lambda: f"{n} or {n}9 {a}", lambda: f"{a}'s {b}", lambda: f"rock 'n' roll {a}", lambda: f"L'{a} d'{b}", lambda: f"it's {a}; isn't it?",
    ))()


SIMPLE = {
    "query-value": (structured, structured, structured, coded, address, moment, password),
    "body-value": (structured, structured, structured, coded, address, moment, password, password),
    "cookie": (cookie,),
    "header": (header,),
    "path": (path,),
    "file-name": (file_name,),
    "query-name": (lambda rng: rng.choice((rng.choice(WORDS), f"{rng.choice(WORDS)}[{rng.choice(WORDS)}]", f"{rng.choice(WORDS)}[]", f"filter[{rng.choice(WORDS)}][gt]", f"{rng.choice(WORDS)}.{rng.choice(WORDS)}", f"_{token(rng)}", f"{rng.choice(WORDS)}:{rng.choice(WORDS)}", f"$({rng.choice(WORDS)})", "$filter", "ctl00$MainContent$txt" + rng.choice(WORDS).title(), f"{rng.choice(WORDS)}-{number(rng)}", f"utm_{rng.choice(WORDS)}", address(rng))),),
    "body-name": (lambda rng: rng.choice((rng.choice(WORDS), f"{rng.choice(WORDS)}[{rng.randint(0, 9)}][{rng.choice(WORDS)}]", f"{rng.choice(WORDS)}.{rng.choice(WORDS)}", f"ctl00$Content${rng.choice(WORDS)}", f"__{rng.choice(WORDS).upper()}", f"field_{rng.choice(WORDS)}[und][0][value]", f"javax.faces.{rng.choice(WORDS).title()}", f"{rng.choice(WORDS)}:{rng.choice(WORDS)}", f"<{rng.choice(WORDS)}>", f"/{rng.choice(WORDS)}/{rng.choice(WORDS)}", f"@{rng.choice(WORDS)}", f"$schema")),),
}
WEIGHTS = {"query-value": 22, "body-value": 20, "cookie": 16, "header": 14, "path": 8, "file-name": 6, "query-name": 2, "body-name": 2, "rich": 34}


def generate(seed: int, count: int) -> list[tuple[str, str]]:
    """`count` different (kind, text) pairs."""
    rng = random.Random(seed)
    kinds, weights = list(WEIGHTS), list(WEIGHTS.values())
    seen: dict[tuple[str, str], None] = {}
    for _ in range(count * 3):
        kind = rng.choices(kinds, weights=weights)[0]
        if kind == "rich":
            pair = (rng.choices(("body-value", "body-text", "query-value"), weights=(70, 22, 8))[0], rng.choice(RICH)(rng))
        else:
            pair = (kind, rng.choice(SIMPLE[kind])(rng))
        seen.setdefault(pair)
        if len(seen) >= count:
            break
    return list(seen)
