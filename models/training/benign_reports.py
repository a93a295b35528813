"""What browsers and pages report and keep by themselves: records with lengths before their fields, measurements, errors of scripts, policies, names, packed sessions."""

import base64
import random
import zlib

from benign_web import WEB
from generators_common import number, token

LANGUAGES = ("en-US", "de-DE", "fr-FR", "pl", "pt-BR", "zh-CN", "ja", "it-IT", "nl-NL")
ERRORS = (
    "Uncaught SyntaxError: Unexpected token '{}'", "Uncaught TypeError: {} is not a function", "Uncaught ReferenceError: {} is not defined", "TypeError: Cannot read properties of undefined (reading '{}')", "Script error.",
    "TypeError: undefined is not an object (evaluating '{}')", "SecurityError: Blocked a frame with origin \"https://{}\" from accessing a cross-origin frame.", "ResizeObserver loop limit exceeded", "Uncaught (in promise) {}", "ChunkLoadError: Loading chunk {} failed.",
)


def record(rng: random.Random, depth: int = 0) -> str:
    """Fields as a protocol buffer holds them: number and kind, length, text or a record of its own (https://protobuf.dev/programming-guides/encoding/)."""
    text = lambda: rng.choice((lambda: WEB.make(rng, "link"), lambda: WEB.make(rng, "site"), lambda: rng.choice(LANGUAGES), lambda: WEB.make(rng, "noun"), lambda: token(rng), lambda: WEB.make(rng, "ver")))()
    found = []
    for field in sorted(rng.sample(range(1, 13), rng.randint(2, 6))):
        if rng.random() < 0.25:
            found.append(chr(field << 3) + varint(rng.choice((0, 1, 1, rng.randrange(128), rng.randrange(1 << 20)))))
            continue
        value = record(rng, depth + 1) if depth < 2 and rng.random() < 0.3 else text()
        found.append(chr(field << 3 | 2) + varint(len(value)) + value)
    return "".join(found)


def varint(value: int) -> str:
    """A whole number, seven bits in a byte, the lowest first."""
    low, rest = value & 127, value >> 7
    return chr(low | 128) + varint(rest) if rest else chr(low)


def measured(rng: random.Random) -> str:
    """Names and what was measured, one after another."""
    name = lambda: "".join(WEB.make(rng, rng.choice(("noun", "verb", "adj"))).title() for _ in range(rng.randint(1, 4))).replace(" ", "")
    value = lambda: rng.choice((number(rng), f"{rng.randrange(600)}.{rng.randrange(1000)}", "true", "false", WEB.make(rng, "noun"), "", "0"))
    equals, end = rng.choice("==:"), rng.choice((";", ";", "; ", "|", "&", ","))
    title = rng.choice(("", "", f"{WEB.make(rng, 'noun')} {WEB.make(rng, 'noun')} on {WEB.make(rng, 'noun')} ".capitalize()))
    return (title + end if title else "") + end.join(f"{name()}{equals}{value()}" for _ in range(rng.randint(1, 7))) + rng.choice(("", end.strip()))


def thrown(rng: random.Random) -> str:
    """An error of a script, with where it came from."""
    error = rng.choice(ERRORS).format(rng.choice((*"<>{}()", WEB.make(rng, "noun"), "null", f"{WEB.make(rng, 'noun')}.{WEB.make(rng, 'verb')}", number(rng))))
    where = (f"url:{WEB.make(rng, 'link')}", f"scriptURI:{WEB.make(rng, 'link')}", f"lineNo:{rng.randrange(9000)}", f"columnNo:{rng.randrange(90)}", f"stack:at {WEB.make(rng, 'noun')} ({WEB.make(rng, 'link')}:{rng.randrange(900)}:{rng.randrange(90)})", f"ua:Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/{rng.randrange(90, 140)}.0.0.0")
    return rng.choice((";", "; ", ",", "|", "\n", " @ ")).join((error, *rng.sample(where, rng.randint(0, 5))))


def policy(rng: random.Random) -> str:
    """A content security policy, as browsers report one that was not kept (https://www.w3.org/TR/CSP3/)."""
    schemes = ("data:", "blob:", "filesystem:", "mediastream:", "wss:", "https:", *(f"{WEB.make(rng, 'noun')}:" for _ in range(4)))
    source = lambda: rng.choice((lambda: rng.choice(("'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "'report-sample'", "'strict-dynamic'", f"'nonce-{token(rng)}'")), lambda: rng.choice(schemes), lambda: WEB.fill(rng, rng.choice(("https://*.«site»", "http://*.«site»:8080", "*.«site»", "https://«site»/", "«site»:«1000-9999»", "http://localhost:*", "ws://127.0.0.1:«1000-9999»")))))()
    rules = ("default-src", "script-src", "style-src", "img-src", "connect-src", "frame-src", "font-src", "object-src", "frame-ancestors", "base-uri", "form-action", "report-uri", "worker-src")
    text = "; ".join(f"{rule} {' '.join(source() for _ in range(rng.randint(1, 9)))}" for rule in rng.sample(rules, rng.randint(1, 6)))
    return rng.choice((text, text, f"'self' {' '.join(source() for _ in range(rng.randint(3, 30)))}"))


def traced(rng: random.Random) -> str:
    """A call of a service as its caller notes it: where to, how long it took, what went out and came back."""
    sent = lambda: rng.choice((lambda: WEB.make(rng, "packed"), lambda: WEB.make(rng, "json"), lambda: "", lambda: WEB.fill(rng, "«id»=«n»&«id»=«noun»"), lambda: '<?xml version="1.0" encoding="gbk"?>\n<«a»><«b»>1</«b»></«a»>'.replace("«a»", token(rng)).replace("«b»", WEB.make(rng, "noun"))))()
    said = rng.choice(("req {}", "request {}", "{}", "[{}]", "http {}"))
    lines = [(said.format("url"), WEB.make(rng, "link")), ("res time", str(rng.randrange(900))), (said.format("param"), sent()), ("res data", sent()), ("code", number(rng)), ("retry", str(rng.randrange(3)))]
    return rng.choice(("\n", "\n", "; ", "|")).join(f"{name}: {value}" for name, value in rng.sample(lines, rng.randint(2, len(lines)))) if rng.random() < 0.7 else f"{rng.choice(('script', 'image', 'style', 'font', 'chunk', 'request'))} {rng.choice(('load', 'fetch', 'parse'))} {rng.choice(('fail', 'error', 'timeout', 'ok'))}: {WEB.make(rng, 'link')}"


def named(rng: random.Random) -> str:
    """Names of programs, parts of pages and events, with signs between that no language has."""
    noun, number_of = (lambda: WEB.make(rng, "noun")), (lambda: str(rng.randrange(200)))
    version = lambda: ".".join(str(rng.randrange(150)) for _ in range(rng.randint(1, 4)))
    program = lambda: rng.choice((noun().title(), "Chrome", "Firefox", "Safari", "Windows", "Android", "iOS", "Edge", "WebKit", "Linux"))
    place = lambda: "".join(rng.choice((".{}", ".${}", ":{}", ".{}:$", "${}", ".={}")).format(rng.choice((number_of, number_of, number_of, noun))()) for _ in range(rng.randint(3, 14)))
    event = lambda: rng.choice((".", "_", "-")).join(noun() for _ in range(rng.randint(2, 6)))
    marks = rng.choice(("|||", "*-*", "$$", "::", "||", "^^", "~~", "##", "@@", "_|_", "!!"))
    hosts = lambda: ";".join(WEB.fill(rng, rng.choice(("«site»:«noun»_«noun»:/", "«noun».«site»:/", "none.«site»:«id»:/"))) for _ in range(rng.randint(2, 7)))
    counts = lambda: rng.choice("&,;|").join(f"{name}={number_of()}" for name in (*range(rng.randint(2, 24)), *(f"{noun()}{n}" for n in range(rng.randint(0, 3)))))
    return rng.choice((lambda: f"{program()}({version()})", lambda: f"{program()} {version()}({program()};{noun()})", place, place, lambda: marks.join(rng.choice((event, program, number_of))() + rng.choice(("", number_of())) for _ in range(rng.randint(2, 6))), hosts, counts, lambda: f"/{noun()}/{noun()}?{rng.choice(('from', 'from' + noun().title(), noun()))}", lambda: WEB.fill(rng, "?«id»=«cap!«noun»»«cap!«noun»»For«cap!«noun»»&«id»=«noun»_«cap!«noun»»«cap!«noun»»&«id»=«0-9»")))()


def report(rng: random.Random) -> str:
    """One of them."""
    return rng.choice((record, record, record, measured, measured, thrown, policy, traced, named, named))(rng)


SEEN = ("url", "current_url", "referrer", "referring_domain", "user_agent", "browser", "browser_version", "os", "os_version", "device", "device_id", "device_type", "lib", "lib_version", "screen_height", "screen_width", "viewport_width", "session_id", "window_id", "pageview_id", "time", "title", "host", "pathname", "insert_id", "is_first_day", "is_login_id", "timezone_offset", "event_type", "elements", "anon_distinct_id", "initial_referrer", "search_engine", "active_feature_flags", "set_once", "manufacturer", "model", "carrier", "wifi", "network_type", "latest_traffic_source_type", "latest_utm_source", "ip", "geoip_city_name", "app_version", "recording_status", "groups", "plugins")
"""What programs that count visitors note, with a sign before that sets it apart from what a site adds."""


def measure_name(rng: random.Random) -> str:
    """The name of such a measure."""
    name = rng.choice((rng.choice(SEEN), f"{WEB.make(rng, 'noun')}_{WEB.make(rng, 'noun')}", f"{rng.choice(SEEN)}_{WEB.make(rng, 'noun')}"))
    return rng.choice(("${}", "${}", "properties[${}]", "_{}", "$_{}", "event.${}")).format(name)


def signed(rng: random.Random) -> str:
    """A session that a program keeps in its cookie: packed, with time and signature, as Flask and Django write it."""
    plain = (f'{{"_fresh":true,"_id":"{rng.randbytes(32).hex()}","_user_id":"{rng.randrange(99)}","csrf_token":"{rng.randbytes(20).hex()}","{WEB.make(rng, "id")}":"{WEB.make(rng, "sentence")}"}}', WEB.make(rng, "json"), f'[["__json_message",0,{rng.choice((20, 25, 30))},"{WEB.make(rng, "sentence")}"]]')
    text = rng.choice(plain).encode()
    coded = lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("=")  # noqa: E731
    body = f".{coded(zlib.compress(text))}" if rng.random() < 0.7 else coded(text)
    stamp = coded(rng.randrange(1 << 31).to_bytes(4, "big"))
    return rng.choice((".", ".", ":")).join((body, stamp, coded(rng.randbytes(rng.choice((20, 32))))))
