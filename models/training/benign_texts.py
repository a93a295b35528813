"""What authors write: articles, tickets, mails, wiki pages and chats with code and quoted attacks in them, in the markup of their editors."""

import json
import random

from benign_code import CODE_RULES
from grammar import Grammar, Rule

TITLES = ("How to «verb» «noun» «from|into|in|with» «noun»?", "[«cap!«noun»»] «verb» doesn't «verb» (#«n»)", "«first»'s \"«noun»\"", "RE: «noun» & «noun»", "AW: WG: «noun»; «noun»", "What does `«id»(«id»)` do?", "SQL: «up!«verb»» vs. «up!«verb»»", "<«noun»> vs. <«noun»>", "Select a «noun» from the «noun»", "Union «noun»: «n» or more?", "C:\\«noun» vs /etc/«noun»", "«company»: «noun» & «noun»", "Why does \"SELECT * FROM «id»\" return nothing?", "Uncaught TypeError: «id» is not a function", "Understanding «listed»", "\"«rawpayload»\" explained", "«cap!«adj»» «noun»s -- «n» tips", "bash: «noun»: command not found", "XSS in «noun» «ver» (fixed)", "CVE-20«15-29»-«1000-9999»: SQL injection in «noun»", "«en»", "[SOLVED] «noun» || «noun»", "<script> tags in «noun»s", "Drop table «noun»?", "; or no ;", "1=1 and other tautologies", "'Order by' explained", "«line»")
PARAGRAPH = ("«sentence» «sentence» «sentence»", "«sentence» «sentence»", "«sentence» «inline» «sentence»", "«security» «sentence»", "«sentence» «link» «sentence»", "«sentence» «security» «sentence» «inline»", "«sentence»")
TEXT_RULES: dict[str, Rule] = {
    **CODE_RULES, "title": TITLES, "para": PARAGRAPH,
    "md": ("# «title»", "## «title»", "«para»", "«para»", "«para»", "«fence»", "«fence»", "- «sentence»\n- «inline»\n- «sentence»", "> «sentence»\n> «sentence»", "1. «sentence»\n2. «sentence»\n   «inline»", "| «noun» | «noun» |\n|---|---|\n| «n» | «inline» |\n| «n» | «payload» |", "![«noun»](../img/«noun».png \"«noun»\")", "See [«noun»](«link») or <«link»>.", "**«noun»**: *«sentence»* ~~«noun»~~", "- [x] «noun»\n- [ ] «sentence»", "<details><summary>«noun»</summary>\n\n«fence»\n\n</details>", "@«name» «sentence» (#«n»)", "---", "«security»", "«payload»", "[^1]: «sentence»", "<kbd>Ctrl</kbd>+<kbd>C</kbd> «sentence»", ":warning: «sentence»", "<!-- «sentence» -->"),
    "in": ("«sentence»", "«sentence»", "<strong>«sentence»</strong>", "<em>«noun»</em>", "<a href=\"«link»\" target=\"_blank\" rel=\"noopener\">«noun»</a>", "<code>«esc!«line»»</code>", "<span style=\"color: rgb(«0-255», 0, 0); font-family: 'Times New Roman';\">«sentence»</span>", "<u>«noun»</u>", "&nbsp;", "<mark>«noun»</mark>", "<img src=\"«link»\" alt=\"«noun»\" width=\"«n»\" height=\"«n»\">", "<img src=\"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA«token»«token»==\" alt=\"\">", "<span class=\"mention\" data-id=\"«n»\">@«first»</span>", "<br>", "«esc!«security»»", "<sub>«n»</sub>", "<a href=\"mailto:«name»@example.org?subject=«noun»\">«name»</a>", "<span class=\"ql-formula\" data-value=\"e=mc^2\"></span>", "<i class=\"fa fa-«noun»\"></i>", "<input type=\"checkbox\" checked disabled> «noun»"),
    "block": ("<p>«in» «in»</p>", "<p>«in»</p>", "<p>«in» «in» «in»</p>", "<h2>«esc!«title»»</h2>", "<h3 id=\"«noun»\">«noun»</h3>", "<ul>\n<li>«in»</li>\n<li>«in»</li>\n</ul>", "<ol><li><p>«in»</p></li></ol>", "<blockquote><p>«in»</p></blockquote>", "«htmlcode»", "«htmlcode»", "<table border=\"1\" style=\"border-collapse: collapse; width: 100%;\"><tbody><tr><td>«in»</td><td>«n»</td></tr></tbody></table>", "<figure class=\"image\"><img src=\"«link»\"><figcaption>«in»</figcaption></figure>", "<p>&nbsp;</p>", "<hr>", "<p class=\"MsoNormal\" style=\"margin:0cm\"><span lang=\"EN-US\" style=\"font-size:11.0pt;font-family:&quot;Calibri&quot;,sans-serif\">«in»<o:p></o:p></span></p>", "<!-- wp:paragraph -->\n<p>«in»</p>\n<!-- /wp:paragraph -->", "<!-- wp:code --><pre class=\"wp-block-code\"><code>«esc!«program»»</code></pre><!-- /wp:code -->", "<div class=\"gmail_quote\"><div dir=\"ltr\">On «time», «first» &lt;<a href=\"mailto:«name»@example.org\">«name»@example.org</a>&gt; wrote:<br></div><blockquote style=\"margin:0 0 0 .8ex;border-left:1px solid\">«in»</blockquote></div>", "<figure class=\"media\"><oembed url=\"https://www.youtube.com/watch?v=«token»\"></oembed></figure>", "<iframe class=\"ql-video\" frameborder=\"0\" allowfullscreen=\"true\" src=\"https://www.youtube.com/embed/«token»\"></iframe>", "<div style=\"text-align:center\"><font color=\"#«100000-999999»\">«in»</font></div>", "<details open><summary>«noun»</summary><p>«in»</p></details>", "<svg width=\"24\" height=\"24\" viewBox=\"0 0 24 24\"><path d=\"M«1-20» «1-20»h«1-9»v«1-9»z\"/></svg>", "<div data-block=\"true\" data-offset-key=\"«token»-0-0\"><span data-text=\"true\">«in»</span></div>", "<video controls width=\"«n»\"><source src=\"/media/«noun».mp4\" type=\"video/mp4\"></video>", "<style type=\"text/css\">p { margin: 0; }</style>", "<form><label>«noun» <input name=\"«noun»\"></label></form>", "<button class=\"btn\" type=\"button\">«noun»</button>"),
    "wikipart": ("== «title» ==", "'''«noun»''' is a ''«adj»'' [[«noun»|«noun»s]]. «para»", "{{Infobox «noun»\n| name = «first» «last»\n| «noun» = «n»\n}}", "* [[File:«noun».jpg|thumb|«sentence»]]", "<ref name=\"«noun»\">{{cite web |url=«link» |title=«noun» |access-date=20«10-29»}}</ref>", "{| class=\"wikitable\"\n! «noun» !! «noun»\n|-\n| «n» || «inline»\n|}", "«wikicode»", "«wikicode»", "«para»", "h1. «noun»\n\n* «sentence»\n* @«id»@", "====== «title» ======\n\n  * «sentence»\n  * ''«line»''", ":«sentence» --[[User:«first»]] ([[User talk:«first»|talk]]) «time»", "~~NOTOC~~", "%TOC%\n---++ «title»\n«para»", "<!-- «sentence» -->", "= «title» =\n\n.. code-block:: «sql|bash|python»\n\n   «line»\n\n.. note:: «sentence»", "[«link» «noun»] || [[#«noun»]]", "#REDIRECT [[«noun»]]", "{{«noun»|«n»|«noun»=«sentence»}}", "«security»", "----"),
    "chat": ("«sentence»", "«sms» «emo»", "«inline» «emo»", "try this: «inline»", "«program»", "@«name» «sentence»", "lol, just run «inline» and it's fixed", "/giphy «noun»", "/remind me to «verb» the «noun» in «n» minutes", "got this: «line»\nany idea??", "> «sentence»\n«sentence»", "s/«noun»/«noun»/", "+1", "«first»: «sentence»\n«first»: «sentence»", "<@U«up!«token»»> «sentence» <#C«up!«token»»>", "*«noun»* _«noun»_ ~«noun»~ «fence»", "«security»", "pls don't type «payload» here «emo»", "SELECT * FROM life WHERE coffee = true «emo»", "rm -rf / «emo» (jk)", "drop table homework; -- haha"),
    "mail": ("«Hi|Hello|Dear|Hallo|Bonjour|Hola|Ciao» «first»,\n\n«para»\n\n«para»\n\n«Best regards|Cheers|Mit freundlichen Grüßen|Cordialement|Saludos»,\n«first» «last»\n-- \n«company»\n«link»", "On «time», «first» «last» <«name»@example.org> wrote:\n> «sentence»\n>> «sentence»\n> «line»\n\n«para»\n\n«first»", "From: \"«last», «first»\" <«name»@example.com>\nTo: «name»@example.org; «name»@example.net\nSubject: «title»\nDate: Mon, «1-28» Jan 20«10-29» 10:«10-59»:00 +0100\n\n«para»\n«fence»", "Hi all,\n\n«security»\n\n«fence»\n\n«para»\n\nThx,\n«first»", "-----Original Message-----\nFrom: «first» «last» [mailto:«name»@example.com]\nSent: «time»\n\n«para»\n\n________________________________\nThis e-mail & any attachments are confidential; if you're not the recipient, delete it.", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:«sentence»\nDTSTART;TZID=Europe/Berlin:20«10-29»0101T100000\nATTENDEE;CN=\"«first»\";ROLE=REQ-PARTICIPANT:mailto:«name»@example.org\nEND:VEVENT\nEND:VCALENDAR"),
    "ticket": ("**Describe the bug**\n«para»\n\n**To Reproduce**\n1. Go to '«noun»'\n2. Click on '«noun»'\n3. «sentence»\n\n«fence»\n\n**Expected behavior**\n«sentence»\n\n**Version**: «ver»", "Steps: «sentence»\n\n«program»\n\nResult:\n«other»\n\nExpected: «sentence»", "«security»\n\nRequest:\nPOST /«noun»/«noun» HTTP/1.1\nHost: «site»\nContent-Type: application/x-www-form-urlencoded\n\n«noun»=«listed»\n\n«sentence»", "«para»\n\n«bbcode»\n\n«para»", "[b]«noun»[/b]\n«sentence»\n«bbcode»\n[url=«link»]«noun»[/url] [img]«link».png[/img] [color=red]«sentence»[/color]", "As a «noun» I want to «verb» a «noun» so that «sentence»\n\nAC:\n- «sentence»\n- Given «noun» When «verb» Then «noun» = '«adj»'", "h3. «title»\n«para»\n{code:sql}\n«sqls»\n{code}\n||«noun»||«noun»||\n|«n»|«inline»|", "Fixes #«n»: «sentence»\n\n«inline» → «inline»\n\nSigned-off-by: «first» «last» <«name»@example.org>"),
    "step": ("«sentence»", "«sentence» «sentence»", "«inline» «sentence»"),
}
DOCUMENTS = ("md", "block", "wikipart")


def several(rng: random.Random, rule: str, low: int, high: int, between: str = "\n\n") -> str:
    """Some pieces of one markup, one below the other."""
    return between.join(TEXTS.make(rng, rule) for _ in range(rng.randint(low, high)))


def until(rng: random.Random, rule: str, between: str, size: int) -> str:
    """Pieces until the text is as long as asked."""
    pieces, length = [], 0
    while length < size:
        pieces.append(TEXTS.make(rng, rule))
        length += len(pieces[-1]) + len(between)
    return between.join(pieces)


def long_document(rng: random.Random) -> str:
    """A whole article of 1 to 20 KiB."""
    size = int(1000 * 20 ** rng.random())
    return rng.choice((lambda: until(rng, "md", "\n\n", size), lambda: until(rng, "block", rng.choice(("", "\n")), size), lambda: until(rng, "wikipart", "\n\n", size), lambda: until(rng, "para", "\n\n", size), lambda: until(rng, "program", "\n\n", min(size, 8000)), lambda: until(rng, "ticket", "\n\n---\n\n", min(size, 8000)), lambda: until(rng, "mail", "\n\n", min(size, 8000))))()


def notebook(rng: random.Random) -> str:
    """A notebook's cells."""
    cells = []
    for _ in range(rng.randint(1, 6)):
        source = TEXTS.make(rng, rng.choice(("pythons", "pythons", "sqls", "shells", "md"))).splitlines(keepends=True)
        cells.append({"cell_type": rng.choice(("code", "code", "markdown")), "metadata": {}, "source": source, "execution_count": rng.randint(1, 99), "outputs": [{"output_type": "stream", "name": "stdout", "text": [TEXTS.make(rng, "other")]}] if rng.random() < 0.4 else []})
    return json.dumps({"cells": cells, "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4})


def block_editor(rng: random.Random) -> str:
    """The document of an editor that saves JSON: Editor.js, ProseMirror, Quill, Slate, Lexical, Draft."""
    say = lambda: TEXTS.make(rng, rng.choice(("sentence", "sentence", "in", "security")))  # noqa: E731
    code = lambda: TEXTS.make(rng, "program")  # noqa: E731
    way = rng.randrange(5)
    if way == 0:
        return json.dumps({"time": rng.randint(10**12, 2 * 10**12), "blocks": [rng.choice(({"type": "paragraph", "data": {"text": say()}}, {"type": "header", "data": {"text": TEXTS.make(rng, "title"), "level": 2}}, {"type": "code", "data": {"code": code()}}, {"type": "list", "data": {"style": "ordered", "items": [say(), say()]}})) for _ in range(rng.randint(1, 6))], "version": "2.28.2"}, ensure_ascii=rng.random() < 0.5)
    if way == 1:
        return json.dumps({"type": "doc", "content": [rng.choice(({"type": "paragraph", "content": [{"type": "text", "text": say(), "marks": [{"type": rng.choice(("bold", "code", "em"))}]}]}, {"type": "codeBlock", "attrs": {"language": "sql"}, "content": [{"type": "text", "text": code()}]})) for _ in range(rng.randint(1, 6))]})
    if way == 2:
        return json.dumps({"ops": [rng.choice(({"insert": say()}, {"insert": f"{code()}\n", "attributes": {"code-block": True}}, {"insert": "\n", "attributes": {"header": 2}}, {"insert": say(), "attributes": {"bold": True, "link": "https://example.org"}}, {"retain": rng.randint(1, 99)}, {"delete": rng.randint(1, 9)})) for _ in range(rng.randint(1, 7))]})
    if way == 3:
        return json.dumps([{"type": rng.choice(("paragraph", "block-quote", "code")), "children": [{"text": rng.choice((say, code))(), "bold": True}]} for _ in range(rng.randint(1, 5))])
    return json.dumps({"root": {"children": [{"children": [{"detail": 0, "format": 0, "mode": "normal", "style": "", "text": rng.choice((say, code))(), "type": "text", "version": 1}], "direction": "ltr", "type": rng.choice(("paragraph", "code")), "version": 1} for _ in range(rng.randint(1, 4))], "type": "root", "version": 1}})



TEXTS = Grammar(TEXT_RULES)
