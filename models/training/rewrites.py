"""Rewrites that leave the meaning of an attack as it was: of SQL, of HTML with script, of a shell's line."""

import random
import re
from typing import Callable

from benign_words import WORD_RULES
from generators_common import HOSTS, WORDS, token
from grammar import CODED, Grammar

Rewrite = Callable[[random.Random, str], str]
PROSE = Grammar(WORD_RULES)
TAGGED = re.compile(r"^\s*<[a-z!?/]", re.I)
KEYWORD = re.compile(r"\b(union|select|from|where|and|or|order|by|group|having|insert|into|update|delete|sleep|limit|all|null|like|between|case|when|then|else|end)\b", re.I)
BLANKS = ("/**/", "\t", "\n", "\r\n", "\x0b", "\x0c", "  ", "/* {p} */", "--{w}\n", "/*{w}*/", "\n\n", " /**/ ", "/*\n*/")


def one(rng: random.Random, pattern: re.Pattern, text: str, change: Callable[[re.Match], str]) -> str:
    """The text with one match changed."""
    found = list(pattern.finditer(text))
    if not found:
        return text
    match = rng.choice(found)
    return text[: match.start()] + change(match) + text[match.end() :]


def words(rng: random.Random) -> str:
    """A few harmless words."""
    return re.sub(r"[^A-Za-z ]", "", PROSE.make(rng, "en"))[: rng.randint(4, 70)].strip() or "hello"


def sql_case(rng: random.Random, text: str) -> str:
    """One keyword in other letters."""
    return one(rng, KEYWORD, text, lambda m: CODED["rc"](rng, m[0]))


def sql_blank(rng: random.Random, text: str) -> str:
    """One blank as a comment or other white space."""
    return one(rng, re.compile(" +"), text, lambda _: rng.choice(BLANKS).replace("{p}", words(rng)).replace("{w}", rng.choice(("x", "hello", "note"))))


def sql_blanks(rng: random.Random, text: str) -> str:
    """All blanks alike as something else."""
    gap = rng.choice(BLANKS[:7])
    return text.replace(" ", gap)


def sql_operator(rng: random.Random, text: str) -> str:
    """One comparison by another operator of the same meaning."""
    return one(rng, re.compile(r"(?<![!<>:=])\s*=\s*(?![>=])"), text, lambda _: rng.choice((" = ", "=", " like ", "\t=\n", "<=>", " rlike ", "/**/=/**/")))


def sql_joiner(rng: random.Random, text: str) -> str:
    """One `or` or `and` by its sign."""
    return one(rng, re.compile(r"\b(or|and)\b|\|\||&&", re.I), text, lambda m: rng.choice(("or", "||", "Or", "oR")) if m[0].lower() in ("or", "||") else rng.choice(("and", "&&", "aNd")))


def sql_number(rng: random.Random, text: str) -> str:
    """One number as an expression."""
    def write(m: re.Match) -> str:
        n = int(m[0])
        return rng.choice((f"({n})", f"{n}+0", f"0x{n:x}", f"{n}.0", f"{n}e0", f"({n}+1-1)", f"abs({n})", f"(select {n})", f"-(-{n})", f"{n + 3}-3"))
    return one(rng, re.compile(r"(?<![\w.'\"%])\d{1,6}(?![\w.'\"%])"), text, write)


def sql_string(rng: random.Random, text: str) -> str:
    """One string without its quotes."""
    def write(m: re.Match) -> str:
        return rng.choice((f"0x{m[1].encode().hex()}", f"char({','.join(str(b) for b in m[1].encode())})", f"concat('{m[1][:1]}','{m[1][1:]}')", f"x'{m[1].encode().hex()}'", f"unhex('{m[1].encode().hex()}')"))
    return one(rng, re.compile(r"(?<=[=(,])'(\w{1,30})'"), text, write)


def sql_tautology(rng: random.Random, text: str) -> str:
    """One comparison that always holds by another."""
    a = rng.randint(2, 9999)
    return one(rng, re.compile(r"\b(\d+)\s*=\s*\1\b"), text, lambda _: rng.choice((f"{a}={a}", f"{a}>{a - 1}", f"{a}<{a + 1}", f"{a} in ({a})", f"{a} between {a - 1} and {a + 1}", f"length('{'x' * (a % 9)}')={a % 9}", "true", "not false", f"{a} is not null", "pi()>3", "ascii('a')=97", "coalesce(null,1)")))


def sql_comment_end(rng: random.Random, text: str) -> str:
    """Words behind the comment that ends the statement."""
    return one(rng, re.compile(r"(--[ +]?-?|#)\s*\w*$"), text, lambda _: rng.choice((f"-- {words(rng)}", f"# {words(rng)}", "-- -", "#", f"--\t{words(rng)}")))


def sql_union(rng: random.Random, text: str) -> str:
    """The union written otherwise."""
    return one(rng, re.compile(r"union(\s+all|\s+distinct)?\s+select", re.I), text, lambda _: rng.choice(("union all select", "union distinct select", "union select", "union  select", "/*!union*/ /*!select*/", "union /*!50000all*/ select")))


def sql_version_comment(rng: random.Random, text: str) -> str:
    """One keyword in a comment that MySQL runs."""
    return one(rng, KEYWORD, text, lambda m: f"/*!{rng.choice(('', '50000', '40101', '30000'))}{m[0]}*/")


def sql_before(rng: random.Random, text: str) -> str:
    """Words in the string that is broken out of."""
    return f"{words(rng)} {text}" if "'" in text or '"' in text else text


def html_case(rng: random.Random, text: str) -> str:
    """One name in other letters."""
    return one(rng, re.compile(r"</?[a-z][\w:-]*|\bon[a-z]+(?=\s*=)|javascript(?=:)", re.I), text, lambda m: CODED["rc"](rng, m[0]))


def html_gap(rng: random.Random, text: str) -> str:
    """Other white space in a tag."""
    return one(rng, re.compile(r"(?<=<\w\w\w)[ /]+|(?<=\w)\s+(?=on\w+\s*=)", re.I), text, lambda _: rng.choice((" ", "\t", "\n", "/", "\x0c", "  ", "\r\n", " / ")))


def html_attribute(rng: random.Random, text: str) -> str:
    """One harmless attribute more."""
    name = rng.choice(("class", "id", "title", "alt", "style", "lang", "data-note", "width", "role"))
    value = rng.choice((words(rng), "content", "main", "100%", "en"))
    return one(rng, re.compile(r"\s(?=on\w+\s*=)", re.I), text, lambda _: f' {name}="{value}" ')


def html_quotes(rng: random.Random, text: str) -> str:
    """Quotes around a handler."""
    return one(rng, re.compile(r"(on\w+\s*=\s*)([\w.()]+)(?=[\s>])", re.I), text, lambda m: m[1] + rng.choice((f'"{m[2]}"', f"'{m[2]}'")))


def html_call(rng: random.Random, text: str) -> str:
    """Another call that is as good."""
    n = rng.randint(1, 99)
    return one(rng, re.compile(r"\b(alert|confirm|prompt)\(([^()]*)\)"), text, lambda m: rng.choice((f"confirm({m[2]})", f"prompt({m[2]})", f"alert({m[2]})", f"top.alert({m[2]})", f"self['al'+'ert']({m[2]})", f"(alert)({m[2]})", f"[{n}].map(alert)", f"alert.call(null,{m[2]})", f"window['\\x61lert']({m[2]})", f"\\u0061lert({m[2]})", f"setTimeout(alert,{n})", f"print({n})", f"a=alert,a({n})", f"console.log({m[2]})", f"Reflect.apply(alert,null,[{n}])", "import('//example.com/a.js')")))


def html_entity(rng: random.Random, text: str) -> str:
    """One letter as an entity."""
    return one(rng, re.compile(r"(?<=[=:\"'])[a-z](?=[a-z]{3,}[:(.])", re.I), text, lambda m: rng.choice((f"&#{ord(m[0])};", f"&#x{ord(m[0]):x};", f"&#{ord(m[0]):06};")))


def html_before(rng: random.Random, text: str) -> str:
    """Harmless markup before."""
    if not TAGGED.search(text):
        return text
    return f"{rng.choice(('<p>{}</p>', '{} ', '<b>{}</b> ', '<div>{}</div>', '{}<br>', '<!-- {} -->', '<h2>{}</h2>')).format(words(rng))}{text}"


def html_after(rng: random.Random, text: str) -> str:
    """Harmless markup behind."""
    if not TAGGED.search(text):
        return text
    return f"{text}{rng.choice((' {}', '<p>{}</p>', ' <i>{}</i>', '<!-- {} -->')).format(words(rng))}"


def html_code_comment(rng: random.Random, text: str) -> str:
    """Words in a comment of the script."""
    return one(rng, re.compile(r"(?<=[\w)])\((?=[^<>]*\))"), text, lambda _: f"/*{words(rng)}*/(")


def shell_quote(rng: random.Random, text: str) -> str:
    """Empty quotes inside one command."""
    def write(m: re.Match) -> str:
        at = rng.randint(1, len(m[0]) - 1)
        return m[0][:at] + rng.choice(("''", '""', "\\", "$@")) + m[0][at:]
    return one(rng, re.compile(r"(?<=[;|&` (/])[a-z]{2,}"), text, write)


def shell_blank(rng: random.Random, text: str) -> str:
    """One blank by what a shell splits at."""
    return one(rng, re.compile(r"(?<=\w) (?=[\w/.-])"), text, lambda _: rng.choice(("${IFS}", "\t", "$IFS$9", "  ")))


def shell_before(rng: random.Random, text: str) -> str:
    """Words before the separator."""
    return f"{words(rng)}{text}" if text[:1] in ";|&\n`$" else text


def shell_after(rng: random.Random, text: str) -> str:
    """Words behind, in a comment."""
    return f"{text} #{words(rng)}"


def shell_path(rng: random.Random, text: str) -> str:
    """The file by another spelling."""
    return one(rng, re.compile(r"/etc/passwd"), text, lambda _: rng.choice(("/etc/./passwd", "/etc//passwd", "/etc/p?sswd", "/etc/pass*", "/et'c'/passwd")))


def path_dot(rng: random.Random, text: str) -> str:
    """One separator more."""
    return one(rng, re.compile(r"(?<=\.\.)[/\\]|^(?=\.\.[/\\])"), text, lambda m: m[0] + rng.choice(("./", "././")))


def path_deeper(rng: random.Random, text: str) -> str:
    """One step more."""
    return one(rng, re.compile(r"\.\.[/\\]"), text, lambda m: m[0] + rng.choice((m[0], f"{rng.choice(('a', 'img', 'static'))}/../")))


def path_before(rng: random.Random, text: str) -> str:
    """A folder to climb out of."""
    return f"{rng.choice(('images', 'docs', 'a', 'static/css', 'en'))}/../{text}" if text.startswith("..") else text


def renamed(rng: random.Random, text: str) -> str:
    """Numbers, words in quotes and hosts by others, alike wherever they stand: the same attack on another site."""
    others: dict[str, str] = {}
    fresh = lambda make: lambda m: others.setdefault(m[0], make(m[0]))  # noqa: E731
    number = lambda old: rng.choice("123456789") + "".join(rng.choices("0123456789", k=max(0, len(old) - 1 + rng.choice((-1, 0, 0, 1)))))  # noqa: E731
    text = HOST.sub(fresh(lambda _: rng.choice((f"{token(rng, 3, 9)}.{rng.choice(('com', 'net', 'io', 'xyz'))}", rng.choice(HOSTS)))), text) if rng.random() < 0.7 else text
    text = NUMBER.sub(fresh(number), text) if rng.random() < 0.8 else text
    return QUOTED.sub(fresh(lambda _: rng.choice((token(rng, 1, 8), rng.choice(WORDS), rng.choice("abcxyz")))), text) if rng.random() < 0.7 else text


NUMBER = re.compile(r"(?<![\w%#&\\.;/-])\d{1,6}(?![\w%.;/])")
QUOTED = re.compile(r"(?<=['\"])[a-z]{1,12}(?=['\"])", re.I)
HOST = re.compile(r"\b(?:[a-z0-9-]{2,30}\.){1,3}(?:com|org|net|ru|de|info)\b", re.I)
REWRITES: dict[str, tuple[Rewrite, ...]] = {
    "sqli": (sql_case, sql_blank, sql_blank, sql_blanks, sql_operator, sql_joiner, sql_number, sql_string, sql_tautology, sql_comment_end, sql_union, sql_version_comment, sql_before),
    "xss": (html_case, html_gap, html_attribute, html_quotes, html_call, html_entity, html_before, html_after, html_code_comment),
    "cmdi": (shell_quote, shell_blank, shell_before, shell_after, shell_path),
    "path-traversal": (path_dot, path_deeper, path_before),
}
LONGEST = 3000
"""Characters past which no rewrite is taken."""


def changed(rng: random.Random, label: str, text: str) -> str:
    """An attack of a class after one to three rewrites."""
    new = text
    for _ in range(rng.choice((1, 1, 2, 3))):
        new = rng.choice(REWRITES[label])(rng, new)
    return new if len(new) <= LONGEST else text
