"""Node-RED (Apache-2.0, npm): whole flows as JSON with JavaScript functions, HTML templates, shell commands; HTTP endpoints of a flow."""

import json

from driver import Session, Site
from texts import as_html

HOST = {"A": "flows.gewaechshaus.example", "B": "automation.brewery.example"}
INSTALL = {"npm": ("node-red", ["node-red"])}
KINDS = (("POST /flow", "code"), ("POST /settings", "api"), ("POST /library", "code"), ("POST /in/", "api"))


def start(site: Site) -> None:
    """A server with its own folder."""
    (site.folder / "settings.js").write_text("module.exports = {uiHost: '127.0.0.1', flowFile: 'flows.json', telemetry: {enabled: false}, editorTheme: {tours: false}, functionExternalModules: false, logging: {console: {level: 'warn'}}};")
    site.serve(site.home / "n-node-red/node_modules/.bin/node-red", "-u", site.folder, "-s", site.folder / "settings.js", "-p", str(site.port), env={"HOME": str(site.folder)})


def drive(session: Session) -> None:
    """Imports nodes into the editor and deploys with its own code; then calls the flow's endpoints."""
    session.go("/")
    session.page.wait_for_function("window.RED && RED.nodes && RED.workspaces && RED.workspaces.active()", timeout=40000)
    for number in session.times(40):
        with session.step("deploy"):
            deploy(session, number)
    for number in session.times(25):
        with session.step("endpoint"):
            endpoint(session, number)


def nodes(session: Session, number: int) -> list[dict]:
    """A few nodes as the clipboard would hold them."""
    texts, wired = session.texts, f"{session.rng.getrandbits(60):015x}"
    made = [
        {"id": f"{wired}a", "type": "function", "name": texts.title(), "func": f"// {texts.comment()}\n" + texts.code("javascript", "typescript")[1] + "\nmsg.payload = msg.payload || '';\nreturn msg;", "outputs": 1, "x": 300, "y": 80 + number * 40, "wires": [[]]},
        {"id": f"{wired}b", "type": "template", "name": "page", "field": "payload", "format": "handlebars", "syntax": "mustache", "template": "<h1>{{payload.title}}</h1>\n" + as_html(texts.article(blocks=3)), "output": "str", "x": 480, "y": 80 + number * 40, "wires": [[]]},
        {"id": f"{wired}c", "type": "exec", "command": session.rng.choice(("df -h | grep /dev/sda1", "ls -la /var/log; uptime", "curl -s http://127.0.0.1:8080/ | wc -c", "cat /proc/loadavg", "ping -c 1 localhost && echo up")), "addpay": "payload", "append": "", "useSpawn": "false", "name": texts.comment(), "x": 200, "y": 60, "wires": [[], [], []]},
        {"id": f"{wired}d", "type": "comment", "name": texts.title(technical=True), "info": texts.plain(True), "x": 140, "y": 40, "wires": []},
        {"id": f"{wired}e", "type": "switch", "name": "", "property": "payload.price", "rules": [{"t": "lt", "v": "10", "vt": "num"}, {"t": "regex", "v": "^[A-Z]+'?\\d{2,}$", "vt": "str", "case": False}, {"t": "eq", "v": texts.name_of(), "vt": "str"}], "outputs": 3, "x": 300, "y": 200, "wires": [[], [], []]},
        {"id": f"{wired}f", "type": "change", "name": "", "rules": [{"t": "set", "p": "payload", "to": "$filter(payload, function($v) { $v.price > 3 and $contains($v.name, \"'\") })", "tot": "jsonata"}, {"t": "set", "p": "topic", "to": texts.search(), "tot": "str"}], "x": 300, "y": 240, "wires": [[]]},
        {"id": f"{wired}9", "type": "inject", "name": texts.search(), "props": [{"p": "payload", "v": json.dumps({"q": texts.search()}, ensure_ascii=False), "vt": "json"}], "repeat": "", "x": 110, "y": 300, "wires": [[]]},
    ]
    return session.rng.sample(made, session.rng.randint(1, 4))


def deploy(session: Session, number: int) -> None:
    """Imports and deploys; now and then the flow is cleared first, so that bodies stay of human size."""
    session.page.evaluate("""([nodes, clear]) => {
        if (clear) RED.nodes.eachNode(n => setTimeout(() => RED.nodes.remove(n.id), 0));
        nodes.forEach(n => n.z = RED.workspaces.active());
        RED.nodes.import(nodes, {generateIds: true});
        RED.nodes.dirty(true);
    }""", [nodes(session, number), number % 5 == 4])
    session.settle(300)
    with session.page.expect_response(lambda answer: "/flows" in answer.url and answer.request.method == "POST", timeout=4000):
        session.page.evaluate("RED.actions.invoke('core:deploy-flows')")
        session.page.wait_for_timeout(400)
        session.page.evaluate("[...document.querySelectorAll('.red-ui-notification button, .ui-dialog button')].filter(b => /confirm|deploy|overwrite|ignore/i.test(b.textContent)).forEach(b => b.click())")
    session.settle(400)


def endpoint(session: Session, number: int) -> None:
    """The administration API and an endpoint made by a flow, as devices and scripts call them."""
    if number == 0:
        session.call("POST", "/flow", json={"label": "devices", "nodes": [{"id": "e1", "type": "http in", "url": "/in/:device", "method": "post", "wires": [["e2"]]}, {"id": "e2", "type": "http response", "wires": []}]})
    reading = {"ts": 1770000000 + number, "values": [session.rng.uniform(-20, 40) for _ in range(3)], "note": session.texts.comment(), "operator": session.texts.name_of(), "alarm": None}
    session.call("POST", f"/in/sensor-{number}", agent="ESP32HTTPClient/1.2", json=reading)
    session.call("POST", f"/in/form-{number}", agent="okhttp/4.12.0", data={"device": f"unit {number}", "message": session.texts.paragraph(), "x": "1 or 2"})
    session.call("POST", "/library/local/functions/" + f"f{number}.js", headers={"Node-RED-API-Version": "v2"}, json={"name": session.texts.title(), "text": session.texts.code("javascript")[1]})
