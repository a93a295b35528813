"""Adminer on MariaDB (Apache-2.0 or GPL-2, Debian): a database console; queries, rows, tables and imports as forms."""

import shutil

from apps import _mariadb
from driver import Session, Site

HOST = {"A": "dbadmin.werkstatt.example", "B": "db.panaderia.example"}
INSTALL = {"apt": ["php8.2-cli", "php8.2-mysql", "mariadb-server", "adminer"]}
KINDS = (("POST /adminer.php(\\?server=[^&]*)?$", "login"), ("POST .*(sql=|import=)", "code"), ("POST .*(edit=|create=|indexes=|select=|foreign=|view=|trigger=|procedure=)", "form"))


def start(site: Site) -> None:
    """One database with two tables."""
    port = _mariadb.start(site, "shop")
    site.db = f"127.0.0.1:{port}"
    root = site.folder / "www"
    root.mkdir()
    shutil.copy("/usr/share/adminer/adminer.php", root)
    site.php(root)
    site.run("mariadb", "--no-defaults", f"--socket={site.folder}/mysql.sock", "-uroot", "shop", text="CREATE TABLE products (id int AUTO_INCREMENT PRIMARY KEY, name varchar(200), price decimal(8,2), note text); CREATE TABLE customers (id int AUTO_INCREMENT PRIMARY KEY, name varchar(200), address text, born date NULL);")


def drive(session: Session) -> None:
    """An administrator's morning."""
    session.go("/adminer.php")
    session.fill("input[name='auth[server]']", session.site.db)
    session.fill("input[name='auth[username]']", "app")
    session.fill("input[name='auth[password]']", _mariadb.PASSWORD)
    session.fill("input[name='auth[db]']", "shop")
    session.submit("input[type=submit]")
    base = session.page.url.split("/", 3)[3].split("&db=")[0]
    base = f"/{base}&db=shop"
    for number in session.times(36):
        with session.step("query"):
            query(session, base, number)
        with session.step("row"):
            insert(session, base, number)
        if number % 2:
            with session.step("browse"):
                browse(session, base, number)
        if number % 6 == 2:
            with session.step("import"):
                upload(session, base)
        if number % 6 == 4:
            with session.step("table"):
                table(session, base, number)


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def statement(session: Session, number: int) -> str:
    """What is typed into a query box."""
    texts = session.texts
    name, price, note = texts.product()
    return session.rng.choice((
        f"INSERT INTO products (name, price, note) VALUES ({quoted(name)}, {price.replace(',', '.')}, {quoted(note)});", f"SELECT * FROM customers WHERE name LIKE {quoted('%' + texts.search() + '%')} ORDER BY id DESC LIMIT 20;", f"UPDATE customers SET address = {quoted(texts.address())} WHERE name = {quoted(texts.name_of())};",
        f"SELECT c.name, COUNT(*) AS n FROM customers c, products p WHERE p.price < {number + 5} GROUP BY c.name HAVING n > 1;", f"DELETE FROM products WHERE note IS NULL OR price > {number * 100};", f"CREATE TABLE t{number} (id int, title varchar(80) DEFAULT {quoted(texts.comment()[:70])});\nDROP TABLE IF EXISTS t{number - 1};", "SHOW PROCESSLIST; SELECT version(), user(), database(), @@datadir;",
        f"SELECT id FROM products UNION SELECT id FROM customers WHERE 1=1 -- {texts.comment()}", texts.code("sql")[1], f"EXPLAIN SELECT * FROM products WHERE name = {quoted(name)} AND (SELECT COUNT(*) FROM customers) > 0", "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = database();", f"SELECT SLEEP(0.0{number}), BENCHMARK(10, MD5('a')), CONCAT(name, ': ', price) FROM products;",
    ))


def query(session: Session, base: str, number: int) -> None:
    """The query page."""
    session.go(f"{base}&sql=")
    session.page.evaluate("text => { document.querySelector('textarea[name=query]').value = text; const e = document.querySelector('pre.sqlarea'); if (e) e.textContent = text; }", statement(session, number))
    session.submit("#form input[type=submit]")


def insert(session: Session, base: str, number: int) -> None:
    """A new row by the form."""
    texts = session.texts
    if number % 2:
        name, price, note = texts.product()
        session.go(f"{base}&edit=products")
        for field, value in (("name", name), ("price", price.replace(",", ".")), ("note", note + "\n" + texts.plain())):
            session.fill(f"[name='fields[{field}]']", value)
    else:
        session.go(f"{base}&edit=customers")
        for field, value in (("name", texts.name_of()), ("address", texts.address())):
            session.fill(f"[name='fields[{field}]']", value)
    session.submit("#form input[type=submit]")


def browse(session: Session, base: str, number: int) -> None:
    """Filters by a condition, and looks at the structure."""
    session.go(f"{base}&select=products")
    session.page.evaluate("""text => { const f = document.querySelector('#form'); f.querySelector("select[name='where[0][col]']").value = 'name'; f.querySelector("select[name='where[0][op]']").selectedIndex = 7; f.querySelector("[name='where[0][val]']").value = text; }""", session.texts.search())
    session.submit("#form input[type=submit]")
    session.go(base + session.rng.choice(("&table=products", "&select=customers&order%5B0%5D=name&desc%5B0%5D=1", "&dump=", "&schema=", "&select=products&where%5B0%5D%5Bcol%5D=price&where%5B0%5D%5Bop%5D=%3E%3D&where%5B0%5D%5Bval%5D=10", "&create=products")))


def upload(session: Session, base: str) -> None:
    """A file of statements."""
    session.go(f"{base}&import=")
    text = "\n".join(statement(session, 3) for _ in range(3))
    session.upload("input[type=file]", "dump-2026.sql", "application/sql", text.encode())
    session.submit("#form input[type=submit]")


def table(session: Session, base: str, number: int) -> None:
    """A new table with comments and defaults."""
    session.go(f"{base}&create=")
    session.fill("input[name=name]", f"notes_{number}")
    session.fill("input[name='fields[1][field]']", f"remark_{number}")
    with session.step("comment"):
        session.page.locator("input[name=Comment]").first.fill(session.texts.comment(), force=True)
    session.submit("#form input[type=submit]")
