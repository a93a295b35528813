"""The console in a real browser, headless: what an attacker wrote is shown as text, a client is let in by a click,
sessions are labelled, lists filtered; every page is checked by axe-core and photographed, light and dark, wide and narrow.

    python3 tests/shows/console.py --axe FOLDER/axe.min.js --out FOLDER

Needs selenium (PyPI), chromium and chromium-driver (Debian) and axe-core (npm). PORTCULLIS_BINARY names another binary.
"""

import argparse
import base64
import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import harness
from selenium import webdriver
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.common.by import By
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import Select, WebDriverWait

MARK = "portcullis-xss-mark"
PAYLOAD = f"<script>alert('{MARK}')</script><img src=x onerror=alert('{MARK}')>"
WIDTHS = {"desktop": (1280, 900), "phone": (375, 812)}
SERIOUS = {"serious", "critical"}


def site(waf, path: str, **headers) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{waf.proxy}{path}", headers={"User-Agent": "Mozilla/5.0", **headers})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def api(waf, method: str, path: str, body=None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{waf.admin}{path}", data, method=method,
                                     headers={"Authorization": f"Bearer {harness.TOKEN}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"{}")


def browser(dark: bool) -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                           {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
    return driver


def sign_in(driver, base: str):
    driver.get(base + "/")
    driver.find_element(By.NAME, "token").send_keys(harness.TOKEN)
    driver.find_element(By.CSS_SELECTOR, "form button").click()
    WebDriverWait(driver, 20).until(lambda d: d.find_elements(By.CSS_SELECTOR, "nav a[aria-current]"))


def alert(driver) -> bool:
    try:
        driver.switch_to.alert.dismiss()
        return True
    except NoAlertPresentException:
        return False


def check(name: str, holds, told=""):
    print(f"{'ok  ' if holds else 'FAIL'} {name} {told}")
    if not holds:
        check.failures += 1


check.failures = 0


def traffic(waf):
    for path in ["/", "/products/1", "/products/2", "/search?q=two+apples", "/about"]:
        site(waf, path)
    for attack in ["/search?q=" + urllib.request.quote(PAYLOAD), "/search?q=1%27%20UNION%20SELECT%20username,password%20FROM%20users--%20-",
                   "/files?name=../../../../etc/passwd", "/ping?host=127.0.0.1;cat%20/etc/passwd"]:
        site(waf, attack)
    found = lambda: [r for r in api(waf, "GET", "/api/v1/requests?verdict=refuse")["requests"]
                     if any(MARK in f["excerpt"] or "<script" in f["excerpt"] for f in r["findings"])]
    request = harness.wait("the attack in the log", found)[0]
    session = harness.wait("a judged session", lambda: api(waf, "GET", "/api/v1/sessions")["judged"])[0]
    return request["id"], session["id"]


def acts(waf, base: str, request: str, session: str):
    driver = browser(False)
    sign_in(driver, base)
    for page in ["/", "/requests", f"/requests/{request}"]:
        driver.get(base + page)
        time.sleep(0.3)
        text = driver.find_element(By.TAG_NAME, "body").text
        check(f"the payload is text on {page[:12]}", "<script>" in text and not driver.find_elements(By.CSS_SELECTOR, "img"))
        check(f"no alert on {page[:12]}", not alert(driver))
    driver.execute_script("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s);")
    check("the page's policy runs no inline script", driver.execute_script("return window.ran") is None)
    cookie = driver.get_cookie("portcullis")
    check("the cookie is HttpOnly and SameSite=Strict", cookie["httpOnly"] and cookie["sameSite"] == "Strict")

    driver.get(base + "/requests")
    Select(driver.find_element(By.NAME, "class")).select_by_value("xss")
    driver.find_element(By.CSS_SELECTOR, ".filters button").click()
    WebDriverWait(driver, 20).until(lambda d: "class=xss" in d.current_url)
    rows = WebDriverWait(driver, 20).until(lambda d: d.find_elements(By.CSS_SELECTOR, "tbody tr"))
    check("the filter leaves its class only", rows and all("xss" in row.text for row in rows), f"{len(rows)} rows")

    driver.get(f"{base}/sessions/{session}")
    driver.find_element(By.CSS_SELECTOR, ".labels button[value=Normal]").click()
    WebDriverWait(driver, 20).until(lambda d: "Labelled" in d.page_source)
    stored = api(waf, "GET", f"/api/v1/sessions/{session}")["behavior"]
    check("a label by click is stored", stored == "Normal", stored)

    driver.get(base + "/bans")
    driver.find_element(By.CSS_SELECTOR, "form.panel input[name=address]").send_keys("127.0.0.1")
    driver.find_element(By.CSS_SELECTOR, "form.panel button.danger").click()
    WebDriverWait(driver, 20).until(lambda d: "is banned" in d.page_source)
    check("a ban by click bars the client", site(waf, "/") == 403)
    button = driver.find_element(By.CSS_SELECTOR, "button[aria-label='Unban 127.0.0.1']")
    begun = time.monotonic()
    button.click()
    while site(waf, "/") != 200 and time.monotonic() < begun + 10:
        pass
    took = time.monotonic() - begun
    check("unbanned by click, served within 1 s", took < 1, f"{took:.3f} s")
    driver.quit()


def looks(base: str, pages: dict, axe: str, out: Path):
    for dark in (False, True):
        driver = browser(dark)
        sign_in(driver, base)
        for width, (x, y) in WIDTHS.items():
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                   {"width": x, "height": y, "deviceScaleFactor": 1, "mobile": width == "phone"})
            for name, path in pages.items():
                driver.get(base + path)
                driver.execute_script(axe)
                result = driver.execute_async_script("const done = arguments[0]; axe.run(document).then(done, e => done({violations: [{id: String(e), impact: 'critical', nodes: []}]}));")
                serious = [f"{v['id']}: {[n['target'] for n in v['nodes']][:3]}" for v in result["violations"] if v["impact"] in SERIOUS]
                wide = driver.execute_script("return document.documentElement.scrollWidth")
                scheme = "dark" if dark else "light"
                check(f"{name} {width} {scheme}: axe", result.get("passes") and not serious,
                      "; ".join(serious) or f"{len(result['passes'])} rules pass, {len(result['violations'])} lesser findings")
                check(f"{name} {width} {scheme}: fits", wide <= x, f"{wide} px")
                if out:
                    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": width == "phone"})
                    (out / f"{name}-{width}-{scheme}.png").write_bytes(base64.b64decode(shot["data"]))
        driver.quit()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--axe", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
    sections = ('[session]\ngap = "1s"\n[[exclusion]]\npath = "/wiki/edit"\nparameter = "text"\nclasses = ["xss"]\n'
                '[[route]]\npath = "/upload/"\nbody_limit = "100MiB"\n')
    with tempfile.TemporaryDirectory() as folder:
        waf = harness.Filter("embedded", Path(folder), sections)
        try:
            base = f"http://127.0.0.1:{waf.admin}"
            request, session = traffic(waf)
            acts(waf, base, request, session)
            api(waf, "POST", "/api/v1/bans", {"address": "203.0.113.0/24", "duration": "2h", "reason": "credential stuffing"})
            api(waf, "POST", "/api/v1/bans", {"address": "2001:db8:7::/48", "reason": "scanning for weeks"})
            pages = {"overview": "/", "requests": "/requests", "request": f"/requests/{request}", "sessions": "/sessions",
                     "session": f"/sessions/{session}", "bans": "/bans", "rules": "/rules", "status": "/status", "audit": "/audit"}
            looks(base, pages, arguments.axe.read_text(), arguments.out)
        finally:
            waf.stop()
    sys.exit(f"{check.failures} of the checks failed" if check.failures else 0)


main()
