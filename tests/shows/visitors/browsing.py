"""Real browsing: a headless Chromium, led by a script (Debian's chromium and chromium-driver, selenium from PyPI)."""

import random
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .people import COMMENTS, WORDS


def open_browser() -> webdriver.Chrome:
    """A fresh profile; nothing it could phone home to is asked."""
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
                     "--disable-component-update", "--disable-sync", "--disable-features=BackForwardCache", "--no-first-run", "--window-size=1200,900",
                     f"--user-data-dir={tempfile.mkdtemp(prefix='harness-chromium-')}"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(40)
    return driver


class Person:
    """Somebody at a browser."""

    def __init__(self, driver: webdriver.Chrome, url: str, rng: random.Random):
        self.driver, self.url, self.rng = driver, url, rng

    def go(self, path: str) -> None:
        self.driver.get(self.url + path)

    def pause(self, least: float, most: float) -> None:
        time.sleep(self.rng.uniform(least, most))

    def click(self, selector: str, times: int = 1) -> None:
        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        if not found:
            return
        chosen = self.rng.choice(found)
        for _ in range(times):
            try:
                self.driver.execute_script("arguments[0].click()", chosen)
            except WebDriverException:
                return  # The page is gone already.

    def write(self, name: str, text: str) -> None:
        for field in self.driver.find_elements(By.NAME, name)[:1]:
            field.clear()
            field.send_keys(text)

    def submit(self, name: str) -> None:
        for field in self.driver.find_elements(By.NAME, name)[:1]:
            field.submit()

    def search(self) -> None:
        self.write("q", self.rng.choice(WORDS) + Keys.ENTER)


def reads(me: Person) -> None:
    """Follows links, scrolls, goes back."""
    me.go(me.rng.choice(("/", "/comments", "/product?id=2", "/old-page")))
    for _ in range(me.rng.randint(1, 8)):
        me.pause(0.5, 5)
        me.driver.execute_script("window.scrollBy(0, 500)")
        me.rng.choice((lambda: me.click("a.card, nav a, a.name"), me.search, me.driver.back))()


def shops(me: Person) -> None:
    """Searches, orders by the page's button, signs in after a slip or two, comments."""
    me.go("/")
    for _ in range(me.rng.randint(1, 3)):
        me.pause(0.5, 3)
        me.search()
        me.pause(0.5, 2)
        me.go(f"/product?id={me.rng.randint(1, 8)}")
        me.click("[data-order]", me.rng.choice((1, 1, 2)))
    me.go("/login")
    for password in ["drawbrigde"] * me.rng.choice((0, 0, 1, 2)) + ["drawbridge"]:
        me.pause(0.5, 2)
        me.write("username", "demo")
        me.write("password", password)
        me.submit("password")
    me.go("/comments")
    me.write("author", "Anna")
    me.write("text", me.rng.choice(COMMENTS))
    me.submit("author")


def uploads(me: Person) -> None:
    """Sends a few files by the form."""
    for number in range(me.rng.randint(1, 5)):
        me.go("/upload")
        picture = Path(tempfile.mkdtemp(prefix="harness-picture-")) / f"holiday {number}.png"
        picture.write_bytes(b"\x89PNG\r\n\x1a\n" + me.rng.randbytes(me.rng.randint(500, 60_000)))
        me.write("title", "Our kitchen")
        for field in me.driver.find_elements(By.NAME, "file")[:1]:
            field.send_keys(str(picture))
        me.submit("file")
        picture.unlink()
        me.pause(0.5, 4)


def clicks_twice(me: Person) -> None:
    """Impatient: two or three clicks on everything, reload on reload."""
    me.go("/")
    for _ in range(me.rng.randint(4, 12)):
        me.rng.choice((lambda: me.click("a.card, nav a, a.name", me.rng.choice((2, 3))), lambda: me.click("[data-order]", 5), me.driver.refresh, me.driver.back))()
        me.pause(0.05, 0.8)


PERSONAS = {f"chromium-{name}": act for name, act in (("reader", reads), ("shopper", shops), ("uploader", uploads), ("double-clicker", clicks_twice))}
"""By name; each is led through its visit."""


def visit(driver: webdriver.Chrome, name: str, url: str, rng: random.Random) -> None:
    """One visit; a page that does not come ends it."""
    driver.delete_all_cookies()
    try:
        PERSONAS[name](Person(driver, url, rng))
    except WebDriverException as fault:
        print(f"{name}: {fault.msg}", flush=True)
    finally:
        driver.get("about:blank")  # Ends the page's event stream.
