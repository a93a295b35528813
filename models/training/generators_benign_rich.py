"""What authors write: prose with words of SQL and the shell, Markdown with code, HTML of editors, markup of wikis, reports of errors.

It is where a filter is switched off in practice, so it is drawn broadly: a frame of prose around a piece of something technical.
"""

import json
import random

from generators_common import NAMES, WORDS, number, token

OPENERS = ("Hi all,", "Hello,", "Dear team,", "Thanks for the report.", "As discussed,", "Note:", "Update:", "Question:", "TL;DR", "Hallo zusammen,", "Bonjour,", "Hola,", "Καλημέρα,", "Привет,", "Ciao,", "Olá,", "Merhaba,", "", "", "")
SENTENCES = (
    "Please select the {a} from the {b} and insert it where you like.", "I don't think we should drop the {a}; let's update the {b} instead.", "The union of {a} and {b} voted to delete the old {c}.", "You can't order by {a} or group by {b} on this screen.", "Where's the {a}? It's in the {b}, isn't it?",
    "We moved from {a} to {b} and set the value to {n}.", "If {a} = {b} then nothing happens, or else you get {n} {c}s.", "Join us at the {a} and have fun; children under {n} get in free!", "Run the {a} and then kill the {b} process.", "Click on the {a} to load the image, or alert the {c}.", "Her name is {name}; she's {n} years old.",
    "Tom's {a} -- the one with 3/4\" bolts -- is 5' 11\" long.", "It costs < ${n} (or > {n} EUR), see https://example.org/{a}?id={n}&x={b}.", "Select * is bad style, says {name}.", "Don't forget to create a table for {n} people at {name}'s.", "The script on the {a} table doesn't execute; it shows \"{b}\" instead of '{c}'.", "He said: \"{a} and {b}\"; I said 'no'.",
    "Drop me a line at {name}@example.com or call +49 (0)30 {n}.", "Update your {a} set: {b}, {c} & more!!!", "Like the {a}, between {n} and {n}9 of them were null.", "Sleep(well)! And count(on) {name}.", "1 or 2 {a}s = {n} {b}s; 3 and 4 {c}s == a lot.", "cat and dog food; ls is a band; id please | no thanks.", "You may exec the plan where {a} is null or {b} exists.",
    "Der Tisch 'Anna' (nur {n} €) ist ausverkauft; bitte wählen Sie \"{a}\".", "L'usine d'{a} n'est pas l'atelier qu'on croit : {n} % d'erreurs.", "¿Dónde está el {a}? ¡No lo sé! -- {name}", "Il faut sélectionner l'option « {a} » où {b} = {n}.", "Дом №{n}: «{a}» и 'b' -- или нет?", "「{a}」を選択してください; {n}個。", "Το '{a}' είναι στο \"{b}\"; ναι ή όχι;",
    "Having said that, {a} is not in ({b}, {c}).", "See section {n}.{n}; the {a}/{b} path is ../{c}/index.html.", "Password reset doesn't work: 'invalid {a}' -- {name}", "Step 1: open the terminal. Step 2: type ls. Step 3: press enter.", "All your {a} are belong to us :-) <3", "I'd like to cancel order #{n}; the {a} doesn't fit & it's {b}.",
    "Use cat to show a file, ping to test a host, and curl to fetch a page.", "Take the {a} out of the {b} and wait for {n} minutes; then sleep.", "R&D's {a} = ({b} + {c}) * {n} / 100", "{a}: 'yes' or 'no'? 1=yes, 0=no", "As of 1/1/20{n}, {a} >= {b} || {c}", "Select one or more: [x] {a} [ ] {b} [ ] {c}", "Why does \"union\" select all {a} from {b}?", "Insert the {a} into the {b}; values may differ.",
)
CODE = (
    "SELECT {a}, {b} FROM {c} WHERE {a} = {n} ORDER BY {b};", "SELECT * FROM {a}s WHERE name = '{name}';", "INSERT INTO {a} ({b}, {c}) VALUES ({n}, '{name}');", "UPDATE {a} SET {b} = '{c}' WHERE id = {n};", "CREATE TABLE {a} (id INT PRIMARY KEY, {b} VARCHAR({n}));", "ALTER TABLE {a} ADD COLUMN {b} text;", "DROP TABLE IF EXISTS {a};",
    "SELECT count(*) FROM {a} JOIN {b} ON {a}.id = {b}.{a}_id GROUP BY {c};", "db.{a}.find({{ {b}: {{ $gt: {n} }} }})", "cursor.execute(\"SELECT {a} FROM {b} WHERE id = %s\", ({n},))", "sudo apt-get install {a}", "npm install --save {a}", "pip install {a}=={n}.0", "cd {a} && make && make install", "docker run -p {n}:80 {a}/{b}:latest", "git commit -m \"{a} {b}\" && git push",
    "curl -H 'Accept: application/json' https://api.example.com/{a}/{n}", "kubectl get pods -n {a} | grep {b}", "tail -f /var/log/{a}.log | grep -i error", "export PATH=$PATH:/opt/{a}/bin", "cat {a}.txt | sort | uniq -c", "for f in *.{a}; do echo \"$f\"; done", "ls -la ~/{a}", "chmod +x {a}.sh; ./{a}.sh", "echo $HOME", "systemctl restart {a}", "ssh {name}@{a}.example.com", "find . -name '*.{a}'",
    "const {a} = document.getElementById('{b}');", "function {a}({b}) {{ return {b} * {n}; }}", "{a}.addEventListener('click', () => console.log('{b}'));", "let {a} = {b}.map(x => x.{c}).filter(Boolean);", "if ({a} == null || {b} > {n}) {{ return; }}", "import {a} from './{b}/{c}';", "export default {{ name: '{a}', data() {{ return {{ {b}: {n} }} }} }}", "$('#{a}').on('click', function() {{ $('.{b}').hide(); }});",
    "<div class=\"{a}\"><span id=\"{b}\">{c}</span></div>", "<a href=\"/{a}/{b}?id={n}\">{c}</a>", "<img src=\"/images/{a}.png\" alt=\"{b}\" />", "<form method=\"post\" action=\"/{a}\"><input name=\"{b}\" type=\"text\"></form>", "<script src=\"/js/{a}.min.js\"></script>", "<link rel=\"stylesheet\" href=\"../css/{a}.css\">", "<template><{a}-{b} :{c}=\"{a}\" @click=\"{b}()\"/></template>",
    "def {a}({b}):\n    return {b} + {n}", "print(f\"{a} = {{{b}}}\")", "import os, sys\nfrom {a} import {b}", "with open('{a}.txt') as f:\n    {b} = f.read()", "for {a} in range({n}):\n    print({a})", "class {a}:\n    def __init__(self, {b}):\n        self.{b} = {b}", "os.path.join('{a}', '{b}')", "try:\n    {a}()\nexcept {b} as e:\n    raise",
    "public static void main(String[] args) {{ System.out.println(\"{a}\"); }}", "fn {a}({b}: &str) -> Result<(), {c}> {{ Ok(()) }}", "<?php echo $this->{a}('{b}'); ?>", "@app.route('/{a}/<int:{b}>')", "#include <{a}.h>\nint main() {{ return {n}; }}", "{{{{ {a}.{b} | {c} }}}}", "{{% for {a} in {b} %}}{{{{ {a} }}}}{{% endfor %}}", "{a}: &{b}\n  - {c}: {n}", "location /{a} {{ proxy_pass http://{b}:{n}; }}", "RewriteRule ^{a}/(.*)$ /{b}.php?q=$1 [L,QSA]",
    "color: #{n}; background: url('../img/{a}.png') no-repeat;", ".{a} > .{b}:hover {{ display: none; }}", "Error: ENOENT: no such file or directory, open '/app/{a}/{b}.js'", "Traceback (most recent call last):\n  File \"/usr/lib/python3/{a}.py\", line {n}, in {b}", "java.lang.NullPointerException: at com.example.{a}.{b}({c}.java:{n})", "TypeError: Cannot read properties of undefined (reading '{a}')\n    at {b} (https://example.org/js/{c}.js:1:{n})", "[{n}.{n}] {a}: <{b}> failed; retry={n}",
)
INLINE = ("<b>{t}</b>", "<strong>{t}</strong>", "<em>{t}</em>", "<u>{t}</u>", "<code>{t}</code>", "<span style=\"color: rgb(255, 0, 0);\">{t}</span>", "<a href=\"https://example.com/{w}\" target=\"_blank\" rel=\"noopener noreferrer\">{t}</a>", "<span class=\"{w}\">{t}</span>", "<mark>{t}</mark>", "<sub>{t}</sub>", "<font color=\"#333\" face=\"Arial\">{t}</font>", "{t}", "{t}", "{t}")
BLOCKS = ("<p>{t}</p>", "<p>{t}</p>", "<p class=\"MsoNormal\">{t}</p>", "<h2>{t}</h2>", "<li>{t}</li>", "<blockquote>{t}</blockquote>", "<div>{t}</div>", "<td>{t}</td>", "<pre><code class=\"language-{w}\">{t}</code></pre>", "<p style=\"text-align: center;\">{t}</p>", "<div data-block=\"true\" data-editor=\"{w}\">{t}</div>", "<!-- wp:paragraph --><p>{t}</p><!-- /wp:paragraph -->",
          "<figure class=\"image\"><img src=\"https://cdn.example.com/{w}.jpg\" alt=\"{w}\" width=\"600\" height=\"400\"><figcaption>{t}</figcaption></figure>", "<ul><li>{t}</li><li>{w}</li></ul>", "<table border=\"1\"><tbody><tr><td>{w}</td><td>{t}</td></tr></tbody></table>", "<br>{t}<br />", "<hr>{t}", "<iframe src=\"https://www.youtube.com/embed/{w}\" width=\"560\" height=\"315\" allowfullscreen></iframe><p>{t}</p>", "<p>&nbsp;</p><p>{t}</p>", "<img src=\"data:image/png;base64,iVBORw0KGgo{w}\" alt=\"\">{t}")


def fill(rng: random.Random, template: str) -> str:
    """The template with words in its places."""
    return template.format(a=rng.choice(WORDS), b=rng.choice(WORDS), c=rng.choice(WORDS), n=rng.randint(1, 99), name=rng.choice(NAMES).title())


def sentences(rng: random.Random, low: int = 1, high: int = 4) -> str:
    """Some sentences."""
    return " ".join(fill(rng, rng.choice(SENTENCES)) for _ in range(rng.randint(low, high)))


def code(rng: random.Random, low: int = 1, high: int = 4) -> str:
    """Some lines of code."""
    return "\n".join(fill(rng, rng.choice(CODE)) for _ in range(rng.randint(low, high)))


def prose(rng: random.Random) -> str:
    """A message."""
    return f"{rng.choice(OPENERS)}{rng.choice((' ', chr(10), chr(10) * 2, chr(13) + chr(10)))}{sentences(rng, 1, 5)}".strip()


def title(rng: random.Random) -> str:
    """A short line with something technical in it."""
    return rng.choice((fill(rng, rng.choice(SENTENCES)), f"How to {rng.choice(('select', 'drop', 'insert', 'update', 'union', 'join', 'delete', 'execute', 'alert'))} {rng.choice(WORDS)} {rng.choice(('from', 'into', 'where', 'in', 'with'))} {rng.choice(WORDS)}?", f"[{rng.choice(WORDS)}] {rng.choice(WORDS)}: {rng.choice(WORDS)} doesn't {rng.choice(WORDS)} (#{rng.randint(1, 9999)})",
                       f"RE: {rng.choice(WORDS)} & {rng.choice(WORDS)}", f"<{rng.choice(WORDS)}> {rng.choice(WORDS)}", f"{rng.choice(NAMES).title()}'s \"{rng.choice(WORDS)}\"", f"`{fill(rng, rng.choice(CODE))}`", f"What does `{rng.choice(WORDS)}({rng.choice(WORDS)})` do?", f"C:\\{rng.choice(WORDS)}\\{rng.choice(WORDS)} vs /etc/{rng.choice(WORDS)}", f"{rng.choice(WORDS)} <-> {rng.choice(WORDS)}", f"SQL: {rng.choice(WORDS)} vs. {rng.choice(WORDS)}"))


def markdown(rng: random.Random) -> str:
    """Markdown with code in it."""
    language = rng.choice(("sql", "bash", "js", "html", "python", "", "sh", "php", "console", "yaml"))
    parts = (f"# {title(rng)}", sentences(rng), f"```{language}\n{code(rng)}\n```", f"- {sentences(rng, 1, 1)}\n- `{code(rng, 1, 1)}`", f"> {sentences(rng, 1, 2)}", f"See [{rng.choice(WORDS)}](https://example.org/{rng.choice(WORDS)}#{rng.choice(WORDS)}) or ![{rng.choice(WORDS)}](../img/{rng.choice(WORDS)}.png)", f"| {rng.choice(WORDS)} | {rng.choice(WORDS)} |\n|---|---|\n| {number(rng)} | `{rng.choice(WORDS)}` |", f"1. {sentences(rng, 1, 1)}\n2. {sentences(rng, 1, 1)}", f"**{rng.choice(WORDS)}** --- *{rng.choice(WORDS)}* ~~{rng.choice(WORDS)}~~")
    return "\n\n".join(rng.sample(parts, rng.randint(2, 5)))


def editor(rng: random.Random) -> str:
    """HTML as an editor in the browser writes it."""
    def inline() -> str:
        return rng.choice(INLINE).format(t=sentences(rng, 1, 1) if rng.random() < 0.8 else code(rng, 1, 1).replace("<", "&lt;").replace(">", "&gt;"), w=rng.choice(WORDS))
    return rng.choice(("", "\n")).join(rng.choice(BLOCKS).replace("{t}", " ".join(inline() for _ in range(rng.randint(1, 3)))).replace("{w}", rng.choice(WORDS)) for _ in range(rng.randint(1, 5)))


def wiki(rng: random.Random) -> str:
    """Markup of wikis and forums."""
    w = [rng.choice(WORDS) for _ in range(6)]
    parts = (f"== {w[0].title()} ==", f"'''{w[1]}''' is a ''{w[2]}'' [[{w[3]}|{w[4]}]].", f"{{{{Infobox {w[0]} | name = {w[1]} | {w[2]} = {number(rng)} }}}}", f"* [[File:{w[3]}.jpg|thumb|{sentences(rng, 1, 1)}]]", f"<ref name=\"{w[4]}\">{{{{cite web |url=https://example.org/{w[5]} |title={w[0]}}}}}</ref>", f"[b]{w[1]}[/b] [url=https://example.org]{w[2]}[/url] [quote=\"{w[3]}\"]{sentences(rng, 1, 1)}[/quote]", f"{{| class=\"wikitable\"\n! {w[0]} !! {w[1]}\n|-\n| {number(rng)} || {w[2]}\n|}}", f"<nowiki>{code(rng, 1, 1)}</nowiki>", f"<!-- {sentences(rng, 1, 1)} -->", f":{sentences(rng, 1, 1)} --~~~~", f"%TOC{{depth=\"{rng.randint(1, 4)}\"}}%", f"<%= {w[0]} %>", f"----\n{sentences(rng, 1, 2)}", f"h1. {w[0]}\n\n* {w[1]} @{w[2]}@")
    return "\n".join(rng.sample(parts, rng.randint(1, 4)))


def program(rng: random.Random) -> str:
    """A piece of code alone, as an administrator's console or a notebook sends it."""
    return code(rng, 1, 5)


def report(rng: random.Random) -> str:
    """Telemetry of errors and of what a page measured."""
    w, n = [rng.choice(WORDS) for _ in range(5)], rng.randint(1, 9999)
    return rng.choice((
        lambda: json.dumps({"message": fill(rng, rng.choice(CODE)), "stack": f"Error: {w[0]}\n    at {w[1]} (https://example.org/{w[2]}.js:{n}:{n})\n    at Object.<anonymous> (webpack:///./src/{w[3]}.vue?{token(rng)}:{n})", "line": n}), lambda: f"Uncaught ReferenceError: {w[0]} is not defined at HTMLButtonElement.onclick ({w[1]}:{n})", lambda: f"div#{w[0]}>ul.{w[1]}>li:nth-child({n % 9})>a[href=\"/{w[2]}\"]", lambda: f"[{{\"selector\":\"#{w[0]} > .{w[1]}\",\"text\":\"{w[2]} '{w[3]}'\"}}]",
        lambda: f"script-src 'self' 'unsafe-inline' https://{w[0]}.example.com; img-src * data:", lambda: f"at eval (eval at <anonymous> (https://example.org/{w[0]}.js:{n}:1), <anonymous>:1:1)", lambda: f"{{\"type\":\"click\",\"target\":\"<button class=\\\"{w[0]}\\\">{w[1]}</button>\",\"ts\":{n}}}", lambda: f"Script error. | {w[0]} | {n} | window.onerror", lambda: f"resource|script|/{w[0]}/{w[1]}.js|{n}|{n}|200;img|/{w[2]}.png|{n}", lambda: f"function(){{return {w[0]}.apply(this,arguments)}}", lambda: f"query {w[0].title()}($id: ID!) {{ {w[0]}(id: $id) {{ id {w[1]} {w[2]} {{ {w[3]} }} }} }}", lambda: f"mutation {{ {w[0]}(input: {{{w[1]}: \"{w[2]}\", {w[3]}: {n}}}) {{ ok errors }} }}",
        lambda: f"<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><{w[0].title()}><{w[1]}>{n}</{w[1]}></{w[0].title()}></soap:Body></soap:Envelope>", lambda: f"<D:propfind xmlns:D=\"DAV:\"><D:prop><D:getlastmodified/><D:{w[0]}/></D:prop></D:propfind>", lambda: f"<item><title>{w[0]} &amp; {w[1]}</title><link>https://example.org/{w[2]}</link><description><![CDATA[<p>{w[3]}</p>]]></description></item>", lambda: f"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {n} {n}\"><path d=\"M{n} 0L0 {n}z\" fill=\"#fff\"/></svg>", lambda: f"BEGIN:VCARD\nFN:{w[0]} {w[1]}\nTEL;TYPE=cell:+49{n}\nEND:VCARD",
        lambda: json.dumps({w[0]: [{"id": n, w[1]: f"{w[2]}'s", "html": f"<p>{w[3]}</p>"}], "where": {w[4]: {"in": [1, 2]}}}), lambda: f"{w[0]}\t{w[1]}\t{n}\n{w[2]}\t{w[3]}\t{n}", lambda: f"{w[0]},{w[1]},\"{w[2]}, {w[3]}\",{n}\n", lambda: f"#!/bin/sh\n# {w[0]}\nset -e\n{code(rng, 1, 2)}", lambda: f"diff --git a/{w[0]}.py b/{w[0]}.py\n--- a/{w[0]}.py\n+++ b/{w[0]}.py\n@@ -{n % 99},7 +{n % 99},8 @@\n-{code(rng, 1, 1)}\n+{code(rng, 1, 1)}", lambda: f"-----BEGIN CERTIFICATE-----\nMII{token(rng, 40, 60)}\n", lambda: f"{w[0]} = {w[1]}\n[{w[2]}]\n{w[3]} = \"{n}\"",
    ))()


def xml(rng: random.Random) -> str:
    """Documents of services, feeds and exchanges."""
    names = [rng.choice((w, w.title(), f"{rng.choice('abcdnsx')}:{w}", w[:1], f"{w}-{rng.choice(WORDS)}", f"{w.title()}{rng.choice(WORDS).title()}")) for w in rng.choices(WORDS, k=5)]

    def element(depth: int) -> str:
        name = rng.choice(names)
        attributes = "".join(f' {rng.choice(("id", "type", "xmlns", "name", "value", "href", "lang", "version", rng.choice(WORDS)))}="{rng.choice((number(rng), token(rng), rng.choice(WORDS), "http://example.org/" + rng.choice(WORDS), "true"))}"' for _ in range(rng.choice((0, 0, 0, 1, 1, 2))))
        inside = rng.choice((number(rng), rng.choice(WORDS), token(rng), "", fill(rng, rng.choice(SENTENCES)).replace("&", "&amp;").replace("<", "&lt;"))) if depth == 0 else "".join(element(depth - 1) for _ in range(rng.randint(1, 3)))
        return f"<{name}{attributes}>{inside}</{name}>" if inside or rng.random() < 0.5 else f"<{name}{attributes}/>"

    return rng.choice(("", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>\n', "<?xml version='1.0' encoding='utf-8' ?>")) + element(rng.choice((0, 1, 1, 2, 2)))


RICH = (prose, prose, title, title, markdown, markdown, editor, editor, wiki, program, report, report, xml)
