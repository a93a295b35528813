"""sqlite-web (MIT, PyPI): a database console; queries, rows and imports as forms."""

import sqlite3

from driver import Session, Site

HOST = {"A": "sqlite.imkerei.example", "B": "data.velo-club.example"}
INSTALL = {"venv": ("misc", ["sqlite-web", "datasette", "wsgidav", "cheroot", "radicale", "isso", "Trac", "setuptools<80"])}
KINDS = (("POST .*import", "upload"), ("POST .*query", "code"), ("POST ", "form"))


def start(site: Site) -> None:
    """One database with two tables."""
    with sqlite3.connect(site.folder / "shop.db") as database:
        database.executescript("CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, price REAL, note TEXT); CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, address TEXT);")
    site.serve(site.home / "v-misc/bin/sqlite_web", "-H", "127.0.0.1", "-p", str(site.port), "-x", site.folder / "shop.db")


def drive(session: Session) -> None:
    """Queries, inserts, imports, looks around."""
    for number in session.times(45):
        with session.step("query"):
            query(session, number)
        with session.step("insert"):
            insert(session, number)
        with session.step("browse"):
            browse(session)
        if number % 6 == 3:
            with session.step("import"):
                upload(session)


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def query(session: Session, number: int) -> None:
    """Types a statement and runs it."""
    texts = session.texts
    name, price, note = texts.product()
    sql = session.rng.choice((
        f"insert into products (name, price, note) values ({quoted(name)}, {price.replace(',', '.')}, {quoted(note)})", f"select * from customers where name like {quoted('%' + texts.search() + '%')} or address like '%strasse%' limit 50", f"update customers set address = {quoted(texts.address())} where name = {quoted(texts.name_of())}", f"delete from products where price > {100 + number} and note is null",
        "select name, sql from sqlite_master where type = 'table' and name not like 'sqlite_%' order by 1", f"select substr(name, 1, 3) as s, count(*) from customers group by s having count(*) > {number % 3} union all select 'all', count(*) from customers", "PRAGMA table_info(products)", texts.code("sql")[1], f"select case when price > 10 then 'dear' else 'cheap' end, * from products where id in (1, 2, {number}) -- {texts.comment()}", f"create table if not exists log{number % 4} (at text, line text); ",
    ))
    session.go(f"/{session.rng.choice(('products', 'customers'))}/query/")
    session.page.evaluate("sql => { document.querySelector('textarea[name=sql]').value = sql; if (window.editor && editor.setValue) editor.setValue(sql); }", sql)
    session.submit("form[role=form] button[type=submit], form.form button[type=submit]")


def insert(session: Session, number: int) -> None:
    """A row by the form, or an edit of one."""
    table = ("products", "customers")[number % 2]
    texts = session.texts
    name, price, note = texts.product()
    values = {"name": name, "price": price.replace(",", "."), "note": note + " " + texts.paragraph()} if number % 2 == 0 else {"name": texts.name_of(), "address": texts.address()}
    session.go(f"/{table}/insert/")
    for field, value in values.items():
        session.page.locator(f"[name={field}]").first.fill(value)
    session.submit("form[role=form] button[type=submit], form.form button[type=submit]")


def browse(session: Session) -> None:
    """Pages, orders, exports."""
    session.go(session.rng.choice(("/products/content/?ordering=-price&page=1", "/customers/content/?ordering=name", "/products/", "/customers/", "/", "/products/content/?page=2")))


def upload(session: Session) -> None:
    """Imports a table."""
    session.go("/products/import/")
    session.upload("input[type=file]", "liste.csv", "text/csv", session.texts.csv(20).encode())
    session.submit("form[role=form] button[type=submit], form.form button[type=submit]")
