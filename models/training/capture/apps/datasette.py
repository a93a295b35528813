"""Datasette (Apache-2.0, PyPI): statements in the address, filters and facets, and its JSON interface."""

import sqlite3
from urllib.parse import quote, urlencode

from driver import Session, Site

HOST = {"A": "offene-daten.kreis-see.example", "B": "data.observatoire.example"}
INSTALL = {"venv": ("misc", ["sqlite-web", "datasette", "wsgidav", "cheroot", "radicale", "isso", "Trac", "setuptools<80"])}


def start(site: Site) -> None:
    """One database with a table."""
    with sqlite3.connect(site.folder / "town.db") as database:
        database.executescript("CREATE TABLE places (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, price REAL, note TEXT);")
        database.executemany("INSERT INTO places (name, kind, price, note) VALUES (?, ?, ?, ?)", [(f"Place {number}", ("pool", "hall", "library")[number % 3], number * 1.5, "O'Neil") for number in range(60)])
    site.serve(site.home / "v-misc/bin/datasette", "serve", "town.db", "--host", "127.0.0.1", "--port", str(site.port), "--setting", "sql_time_limit_ms", "500")


def statement(session: Session, number: int) -> str:
    """What a curious person types."""
    texts = session.texts
    word = texts.search().replace("'", "''")
    return session.rng.choice((
        f"select id, name, price from places where name like '%{word}%' order by price desc limit 101", f"select kind, count(*) as n, avg(price) from places group by kind having n > {number} order by n desc", "select name, sql from sqlite_master where type = 'table'", f"with t as (select * from places where price between {number} and {number + 20}) select t.*, upper(t.name) || ' (' || t.kind || ')' as label from t",
        f"select 'a' as k, count(*) from places where note = '{texts.name_of().replace(chr(39), chr(39) * 2)}' union all select 'b', count(*) from places where note is null", "select json_group_array(json_object('id', id, 'name', name)) from places where id in (select max(id) from places)", f"-- {texts.comment()}\nselect case when price > 10 then 'dear' else 'cheap' end as c, count(*) from places group by 1", "select date('now', '-7 days'), sqlite_version(), char(39), hex('abc'), substr('hello', 2, 3)",
    ))


def drive(session: Session) -> None:
    """Reads by the browser and by programs."""
    for number in session.times(45):
        with session.step("query"):
            session.go("/town" if number % 2 else "/town?sql=" + quote(statement(session, number)))
            if number % 2:
                session.page.evaluate("sql => { const e = document.querySelector('#sql-editor'); const f = e ? e.form : document.querySelector('form.sql'); (f.querySelector('[name=sql]')).value = sql; HTMLFormElement.prototype.submit.call(f); }", statement(session, number))
                session.settle(600)
        with session.step("filter"):
            session.go("/town/places?" + urlencode([(f"{session.rng.choice(('name', 'note'))}__{session.rng.choice(('contains', 'startswith', 'exact', 'like', 'not', 'in'))}", session.texts.search()), ("_sort_desc", "price"), ("_facet", "kind"), ("_size", "20")]))
        with session.step("json"):
            session.call("GET", "/town.json", session.rng.choice((None, "curl/8.5.0", "R (4.4.1 x86_64-pc-linux-gnu)")), params={"sql": statement(session, number), "_shape": "array", "p1": session.texts.name_of()})
