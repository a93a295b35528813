"""Ordinary visitors without a browser of their own: requests as a browser sends them with a page's files, and programs.

Each takes a client (`Client`), and chance. They pause as people and well-behaved programs do.
"""

import random
import threading
import time

import requests

WORDS = ("teapot", "candle", "oak", "wool", "linen", "garden", "gift for my mother", "pepper & salt", "a blanket, 140 x 200", "tea or coffee", "O'Neill", "50% off")
AGENTS = ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0", "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15",
          "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1")
COMMENTS = ("The teapot keeps its heat, thank you!", "Arrived on Tuesday; one candle was broken, replaced at once.", "Is the apron machine-washable? I'd rather ask than ruin it.",
            "Select the large one: it is worth it. My order was 12 & I'd do it again.", "Très bien, merci.", "<3 the blanket")


class Client:
    """One visitor at the site: a connection kept, headers of its kind."""

    def __init__(self, url: str, rng: random.Random, headers: dict[str, str] | None = None):
        self.url, self.rng, self.session, self.cached = url, rng, requests.Session(), False
        self.session.headers.update(headers or {})

    def ask(self, path: str, method: str = "GET", **more) -> requests.Response | None:
        try:
            return self.session.request(method, self.url + path, timeout=30, **more)
        except requests.RequestException:
            return None

    def page(self, path: str, method: str = "GET", **more) -> requests.Response | None:
        """A page and, the first time, its files, as a browser fetches them."""
        answer = self.ask(path, method, headers={"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}, **more)
        if not self.cached:
            self.cached = True
            for file, kind in (("/static/site.css", "style"), ("/static/site.js", "script"), ("/favicon.ico", "image")):
                self.ask(file, headers={"Sec-Fetch-Dest": kind})
        return answer

    def pause(self, least: float, most: float) -> None:
        time.sleep(self.rng.uniform(least, most))


def browser(url: str, rng: random.Random) -> Client:
    """A client with a browser's headers."""
    return Client(url, rng, {"User-Agent": rng.choice(AGENTS), "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                             "Accept-Language": rng.choice(("en-GB,en;q=0.5", "de-DE,de;q=0.9", "fr")), "Accept-Encoding": "gzip, deflate"})


def reader(url: str, rng: random.Random) -> None:
    """Looks around; now and then an old bookmark leads nowhere."""
    me = browser(url, rng)
    me.page(rng.choice(("/", "/", "/comments", "/product?id=3", "/old/catalogue.html")))
    for _ in range(rng.randint(0, 12)):
        me.pause(0.5, 8)
        me.page(rng.choice(("/", f"/product?id={rng.randint(1, 8)}", f"/product?id={rng.randint(1, 9)}", "/comments", f"/search?q={rng.choice(WORDS)}")))


def shopper(url: str, rng: random.Random) -> None:
    """Searches, signs in with a slip or two, orders, leaves a comment."""
    me = browser(url, rng)
    me.page("/")
    for _ in range(rng.randint(1, 4)):
        me.pause(0.5, 5)
        me.page(f"/search?q={rng.choice(WORDS)}")
        me.pause(0.5, 4)
        me.page(f"/product?id={rng.randint(1, 8)}")
    me.page("/login")
    for slip in [False] * rng.choice((0, 0, 0, 1, 1, 2, 3)) + [True]:
        me.pause(1.5, 6)
        me.page("/login", "POST", data={"username": "demo", "password": "drawbridge" if slip else rng.choice(("Drawbridge", "drawbrigde", "secret", "draw bridge"))})
    for _ in range(rng.randint(1, 5)):
        me.pause(0.3, 4)
        me.ask("/api/orders", "POST", json={"product": rng.randint(1, 8), "quantity": rng.choice((1, 1, 2, 500))}, headers={"Sec-Fetch-Dest": "empty"})
    if rng.random() < 0.5:
        me.pause(2, 8)
        me.page("/comments", "POST", data={"author": "Anna", "text": rng.choice(COMMENTS)})


def uploader(url: str, rng: random.Random) -> None:
    """Sends pictures, one after another or a whole folder."""
    me = browser(url, rng)
    me.page("/upload")
    for number in range(rng.choice((1, 2, 5, 25))):
        me.pause(0.1, 3)
        picture = b"\xff\xd8\xff\xe0" + rng.randbytes(rng.randint(1_000, 120_000))
        me.page("/upload", "POST", data={"title": f"Picture {number}"}, files={"file": (f"IMG_{number:04}.jpg", picture, "image/jpeg")})


def double_clicker(url: str, rng: random.Random) -> None:
    """Clicks everything twice and reloads what is slow."""
    me = browser(url, rng)
    for _ in range(rng.randint(3, 15)):
        path = rng.choice(("/", "/product?id=2", "/comments", "/search?q=oak", "/login", "/slow?ms=300"))
        for _ in range(rng.choice((2, 2, 3, 6))):
            me.page(path)
            me.pause(0.02, 0.2)
        me.pause(0.2, 3)


def api_client(url: str, rng: random.Random) -> None:
    """A program: polls up to ten times a second, orders, sometimes sends what is no order."""
    agent = rng.choice(("warehouse-sync/2.3", "python-requests/2.32.3", "okhttp/4.12.0", "Go-http-client/1.1", "curl/8.9.1"))
    me = Client(url, rng, {"User-Agent": agent, "Accept": "application/json"})
    every = rng.choice((0.1, 0.3, 1, 4))
    for _ in range(int(min(250, rng.uniform(10, 40) / every))):
        if rng.random() < 0.3:
            me.ask("/api/orders", "POST", json={"product": rng.randint(1, 8 if rng.random() < 0.95 else 10), "quantity": rng.randint(1, 9)})
        else:
            me.ask("/api/orders")
        me.pause(every / 2, every * 1.5)


def batch_client(url: str, rng: random.Random) -> None:
    """A program that does a job in one go: a couple of dozen requests as fast as the answers come, then nothing."""
    me = Client(url, rng, {"User-Agent": rng.choice(("nightly-job/1.0", "curl/8.9.1", "python-requests/2.32.3"))})
    for number in range(rng.randint(2, 24)):
        path = rng.choice(("/api/orders", f"/product?id={1 + number % 8}", "/search?q=oak"))
        me.ask(path, "HEAD" if rng.random() < 0.1 else "GET")


def broken_client(url: str, rng: random.Random) -> None:
    """A program whose order is refused: it tries the same again, a few times, and waits longer each time."""
    me = Client(url, rng, {"User-Agent": "warehouse-sync/2.1", "Accept": "application/json"})
    wait = 0.5
    for _ in range(rng.randint(2, 5)):
        me.ask("/api/orders")
        me.ask("/api/orders", "POST", json={"product": 99})
        time.sleep(wait)
        wait *= 2


def crawler(url: str, rng: random.Random) -> None:
    """Reads robots.txt, follows links with pauses, meets a few dead ones."""
    me = Client(url, rng, {"User-Agent": "Mozilla/5.0 (compatible; examplebot/1.2; +https://bot.example/)", "Accept": "text/html", "Accept-Encoding": "gzip"})
    every = rng.choice((0.25, 1, 3))
    me.ask("/robots.txt")
    me.ask("/sitemap.xml")
    paths = ["/", "/comments", "/upload", "/login"] + [f"/product?id={number}" for number in range(1, 10)] + [f"/search?q={word}" for word in WORDS[:6]] + ["/impressum", "/blog/2019/10"]
    rng.shuffle(paths)
    for path in paths[: int(min(len(paths), 60 / every))]:
        me.pause(every / 2, every * 1.5)
        me.ask(path)


def monitor(url: str, rng: random.Random) -> None:
    """Asks whether the site is there."""
    me = Client(url, rng, {"User-Agent": "uptime/1.0"})
    for _ in range(rng.randint(1, 8)):
        me.ask("/", rng.choice(("GET", "HEAD")))
        time.sleep(5)


def passer_by(url: str, rng: random.Random) -> None:
    """One page and gone; or one link to what is no longer there."""
    me = browser(url, rng)
    me.page(rng.choice(("/", "/product?id=5", "/search?q=teapot", "/shop/teapot.html")))


def app(url: str, rng: random.Random) -> None:
    """A page that makes many calls at once as it opens, as a dashboard does."""
    me = browser(url, rng)
    for _ in range(rng.randint(1, 5)):
        me.page("/")
        for _ in range(rng.randint(5, 25)):
            me.ask(rng.choice(("/api/orders", "/echo?part=stock", "/echo?part=menu")), headers={"Sec-Fetch-Dest": "empty"})
        me.pause(2, 8)


def office(url: str, rng: random.Random) -> None:
    """Several people behind one address."""
    people = [threading.Thread(target=rng.choice((reader, shopper, reader, uploader)), args=(url, random.Random(rng.random()))) for _ in range(rng.randint(3, 6))]
    for person in people:
        person.start()
        time.sleep(rng.uniform(0.2, 2))
    for person in people:
        person.join()


PERSONAS = {make.__name__: make for make in (reader, shopper, uploader, double_clicker, api_client, batch_client, broken_client, crawler, monitor, passer_by, app, office)}
"""By name; each is called with the site's address and chance."""
