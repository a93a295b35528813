"""Messages of protocols and logs as people paste them into texts, and words in no order, with quotes."""

import json
import random

from benign_web import WEB
from generators_common import NAMES, WORDS, number

METHODS = ("GET", "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "PROPFIND")
STATUS = ("200 OK", "201 Created", "204 No Content", "301 Moved Permanently", "302 Found", "304 Not Modified", "400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "500 Internal Server Error", "502 Bad Gateway")
SPOKEN = "order select union group table drop where from into like and or not between having case when update insert delete exec script alert sleep wait for by all null set is in as on if then else end id ping cat echo type sort more less find cut head tail who date time host file path include require print eval system".split()
"""Words of languages of machines that are words of English too."""


def line(rng: random.Random, response: bool) -> str:
    """One header of a message."""
    value = lambda rule: WEB.make(rng, rule)  # noqa: E731
    asked = (lambda: f"Host: {value('site')}", lambda: f"User-Agent: {value('ua')}", lambda: f"Referer: {value('link')}", lambda: f"Cookie: {rng.choice(WORDS)}={value('cookie')}; {rng.choice(WORDS)}={value('cookie')}", lambda: f"Authorization: Bearer {value('jwt')}", lambda: f"Accept: {rng.choice(('*/*', 'text/html', 'application/json'))}", lambda: f"Origin: https://{value('site')}", lambda: f"X-Forwarded-For: {value('ip')}", lambda: "Connection: keep-alive")
    given = (lambda: f"Set-Cookie: {rng.choice(WORDS)}={value('hash')}; Path=/; HttpOnly; Secure; SameSite=Lax", lambda: f"Location: {value('link')}", lambda: "Server: nginx", lambda: f"Date: Mon, {rng.randint(10, 28)} Jan 20{rng.randint(10, 29)} 10:00:00 GMT", lambda: f"ETag: \"{value('hash')}\"", lambda: "Transfer-Encoding: chunked", lambda: f"Access-Control-Allow-Origin: https://{value('site')}", lambda: "Cache-Control: no-store, max-age=0", lambda: f"Content-Security-Policy: default-src 'self'; img-src * data:")
    both = (lambda: f"Content-Type: {rng.choice(('application/json', 'text/html; charset=utf-8', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'))}", lambda: f"Content-Length: {rng.randint(0, 9999)}", lambda: f"X-Request-Id: {value('uuid')}")
    return rng.choice((*(given if response else asked), *both))()


def http_message(rng: random.Random) -> str:
    """A request, a response, or both, as a log, a ticket or a browser's tools show them."""
    end = rng.choice(("\r\n", "\n", "\n"))
    target = WEB.fill(rng, rng.choice(("/", "/«noun»", "/«noun»/«n»?«id»=«noun»", "/api/v1/«noun»?page=«n»&«id»=«noun»", "«link»")))
    mark = rng.choice(("", "", "", "> ", "    "))
    asked = [f"{rng.choice(METHODS)} {target} HTTP/{rng.choice(('1.1', '1.0', '2'))}", *(line(rng, False) for _ in range(rng.randint(1, 6)))]
    given = [f"HTTP/1.1 {rng.choice(STATUS)}", *(line(rng, True) for _ in range(rng.randint(1, 6)))]
    body = rng.choice(("", "", WEB.make(rng, "json"), f"<html><body><h1>{rng.choice(STATUS)}</h1></body></html>"))
    parts = rng.choice(((asked,), (given,), (asked, given), (given,)))
    text = f"{end}{end}".join(end.join(f"{mark}{one}" for one in part) for part in parts) + (f"{end}{end}{body}" if body else "")
    return rng.choice(("{}", "{}", "```http\n{}\n```", "Request:\n{}\n\nWhat is wrong here?", "<pre>{}</pre>", "$ curl -v " + WEB.make(rng, "link") + "\n{}")).format(text)


def har(rng: random.Random) -> str:
    """An entry of a browser's log of requests, or a recorded fixture of a test."""
    pairs = lambda response: [{"name": name, "value": value} for name, _, value in (line(rng, response).partition(": ") for _ in range(rng.randint(1, 5)))]  # noqa: E731
    asked = {"method": rng.choice(METHODS), "url": WEB.make(rng, "link"), "httpVersion": "HTTP/1.1", "headers": pairs(False), "queryString": [], "postData": {"mimeType": "application/json", "text": WEB.make(rng, "json")}}
    entry = {"startedDateTime": WEB.make(rng, "time"), "time": rng.randint(1, 999), "request": asked, "response": {"status": 200, "headers": pairs(True), "content": {"size": rng.randint(0, 9999)}}}
    return json.dumps({"log": {"version": "1.2", "entries": [entry]}} if rng.random() < 0.5 else entry, indent=rng.choice((None, 1, 2)))


def access_log(rng: random.Random) -> str:
    """Lines of a server's log."""
    lines = [WEB.fill(rng, rng.choice(("«ip» - - [«1-28»/Jan/2025:10:«10-59»:«10-59» +0100] \"«GET|POST» /«noun»/«n»?«id»=«noun» HTTP/1.1\" «200|302|404|500» «n» \"«link»\" \"«ua»\"", "«time» «INFO|WARN|ERROR|DEBUG» [«noun»-«1-9»] com.«noun».«cap!«noun»» - «sentence»", "level=«info|error» ts=«time» caller=«noun».go:«n» msg=\"«sentence»\" err=\"open /etc/«noun»/«noun».yml: no such file or directory\"", "Jan «10-28» 10:«10-59»:«10-59» «noun» «sshd|cron|kernel|nginx»[«n»]: «sentence»", "«ip» «noun»: «sentence»"))) for _ in range(rng.randint(1, 6))]
    return "\n".join(lines)


def message(rng: random.Random) -> str:
    """One of these."""
    return rng.choice((http_message, http_message, har, access_log))(rng)


def service(rng: random.Random) -> str:
    """The name of a method of a service, as gateways of remote calls carry it."""
    word = lambda: rng.choice(MACHINE) if rng.random() < 0.5 else WEB.make(rng, rng.choice(("noun", "id")))  # noqa: E731
    name = lambda: "".join(rng.choice((one, one.capitalize())) for one in (word() for _ in range(rng.randint(1, 3))))  # noqa: E731
    dotted = ".".join((rng.choice(("", "", "com.", "org.", "net.", "io.", "rpc.", "trpc.", "grpc.", "api.", "svc.")) + name(), *(name() for _ in range(rng.randint(1, 4)))))
    end = rng.choice(("", "", "", f"/{name()}", f".{word()}_{word()}_v{rng.randint(1, 9)}", f"#{word()}", f":{number(rng)}", "Server", "Service", f"::{name()}", f"${name()}", "()"))
    return rng.choice(("{}", "{}", "{}", "/{}", "{}?v=1", "https://localhost.{}.com:4301/" + f"{word()}_{word()}", "https://{}/")).format(dotted + end)


MACHINE = "login server config query queryconfig get set exec execute eval system runtime process shell admin user auth token script service client session manager handler info base data list update delete insert select command object class loader invoke proxy context request response file reader writer include import require module function java lang util python ruby node php net http socket database sql store cache job task worker scheduler event message template render engine parser".split()
"""Words of programs, harmless in names."""


def salad(rng: random.Random) -> str:
    """Words in no order, with the quotes, apostrophes and stops that words may have."""
    def word() -> str:
        one = rng.choice(SPOKEN) if rng.random() < 0.25 else rng.choice(NAMES) if rng.random() < 0.15 else WEB.make(rng, rng.choice(("noun", "adj", "verb"))) if rng.random() < 0.8 else number(rng)
        return rng.choice(("{}",) * 12 + ("{},", "{}.", "{}'s", "\"{}\"", "'{}'", "{}n't", "it's {}", "({})", "{}!", "{}?", "{};", "{}:", "#{}", "{}-{}", "{}/{}", "{} & {}", "{}'", "“{}”", "{}’s")).replace("{}", one)
    text = " ".join(word() for _ in range(rng.randint(2, 24)))
    return text[rng.randrange(4) :] if rng.random() < 0.3 else text


def counted(rng: random.Random) -> str:
    """Words and numbers by turns, as lists of goods, scores, sizes and dates hold them."""
    def word() -> str:
        one = rng.choice(SPOKEN) if rng.random() < 0.2 else rng.choice(NAMES).title() if rng.random() < 0.15 else WEB.make(rng, rng.choice(("noun", "adj", "verb")))
        return rng.choice(("{}",) * 10 + ("\"{}\"", "'{}'", "{}'s", "it's {}", "{},", "{}.", "({})", "and {}", "{} & {}", "{}:", "{};")).replace("{}", one)
    amount = lambda: rng.choice((str(rng.randrange(1000)),) * 8 + (number(rng), f"{rng.randrange(99)}.{rng.randrange(99)}", f"{rng.randrange(9)}x", f"{rng.randrange(99)}%", f"{rng.randrange(99)}\""))
    parts = [part for _ in range(rng.randint(1, 14)) for part in ((word(), amount()) if rng.random() < 0.85 else (word(),))]
    text = " ".join(parts[rng.randrange(2) :])
    return text[rng.randrange(6) : -rng.randint(1, 6)] if len(text) > 30 and rng.random() < 0.3 else text


def packed_array(rng: random.Random, depth: int = 0) -> str:
    """Plain values as PHP writes them in cookies and hidden fields: no objects."""
    def text() -> str:
        word = rng.choice((WEB.make(rng, "noun"), rng.choice(NAMES), number(rng), ""))
        return f's:{len(word.encode())}:"{word}";'
    simple = lambda: rng.choice((text, text, lambda: f"i:{rng.randint(0, 9999)};", lambda: f"b:{rng.randint(0, 1)};", lambda: "N;", lambda: f"d:{rng.randint(0, 99)}.{rng.randint(0, 99)};"))()
    value = lambda: packed_array(rng, depth + 1) if depth < 2 and rng.random() < 0.15 else simple()
    count = rng.randint(0, 5)
    keys = [f"i:{number};" if rng.random() < 0.3 else text() for number in range(count)]
    return f"a:{count}:{{{''.join(key + value() for key in keys)}}}"


def stylesheet(rng: random.Random) -> str:
    """Rules of a style sheet, as page builders and themes send them."""
    noun = lambda: WEB.make(rng, "noun")
    selector = lambda: rng.choice((f".{noun()}", f"#{noun()}", f".{noun()}:hover", f".{noun()}::{rng.choice(('before', 'after'))}", f".{noun()} > li + li", f"[data-{noun()}=\"{noun()}\"]", f"{rng.choice(('a', 'h2', 'body', 'input[type=text]', 'ul li'))}", f":root", f".{noun()}-{noun()}__{noun()}", f"@font-face"))
    rule = lambda: rng.choice((
        f"content:\"\\{rng.randint(2000, 9999)}\"", f"content: '{noun()}'", f"background:url({rng.choice((chr(34), chr(39), ''))}../img/{noun()}.png)", f"background: url(\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='{rng.randint(1, 99)}' viewBox='0 0 {rng.randint(1, 99)} 8'%3E%3Cpath d='M0 0h{rng.randint(1, 9)}v4z' fill='%23{rng.randint(100, 999)}'/%3E%3C/svg%3E\") no-repeat", f"background-image:url(data:image/png;base64,{WEB.make(rng, 'token')}{WEB.make(rng, 'token')}==)", f"color:#{rng.randint(100, 999)}", f"margin: 0 {rng.randint(1, 40)}px", f"width:calc(100% - {rng.randint(1, 99)}px)", f"transform: translate(-50%, {rng.randint(1, 99)}%) rotate({rng.randint(1, 359)}deg)", f"font-family: '{noun().title()}', sans-serif", f"--{noun()}: {rng.randint(1, 99)}rem", f"display:none!important", f"src:url('/fonts/{noun()}.woff2') format('woff2')", f"transition: all .{rng.randint(1, 9)}s ease-in-out", f"filter:drop-shadow(0 0 {rng.randint(1, 9)}px rgba(0,0,0,.{rng.randint(1, 9)}))", f"grid-template-areas: \"{noun()} {noun()}\" \"{noun()} .\""))
    block = lambda: f"{selector()}{rng.choice(('', ' '))}{{{rng.choice((';', '; ')).join(rule() for _ in range(rng.randint(1, 5)))}}}"
    blocks = [block() if rng.random() < 0.85 else f"@media {rng.choice(('(max-width:600px)', 'print', '(prefers-color-scheme: dark)', 'screen and (min-width: 40em)'))}{{{block()}}}" for _ in range(rng.randint(1, 6))]
    return rng.choice(("", "\n", "\n\n")).join(blocks)


def button(rng: random.Random) -> str:
    """Markup of links and buttons of old pages, alone or quoted in a message."""
    label, noun = WEB.make(rng, "title2"), WEB.make(rng, "noun")
    element = rng.choice((f'<a href="javascript:void(0)" class="{noun}">{label}</a>', f"<a href='javascript:;' id='{noun}'>{label}</a>", f'<a href="javascript:void(0);" title="{label}">{noun}</a>', f'<a href="#" onclick="return false;">{label}</a>', f'<button type="button" class="{noun}">{label}</button>', f'<a href="javascript:history.back()">{label}</a>', f'<a href="javascript:window.print()">{label}</a>'))
    return rng.choice((element, element, f"{WEB.make(rng, 'sentence')} {element}", f"{WEB.make(rng, 'sentence')} {element} {WEB.make(rng, 'sentence')}"))
