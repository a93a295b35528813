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
