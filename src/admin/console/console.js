// The console's script. Everything it shows may be attack text: it is put in as text nodes, never as markup.
"use strict";

const TOKEN = "portcullis.token";
const VIEWS = { overview: showOverview, requests: showRequests, sessions: showSessions, bans: showBans };
const byId = (id) => document.getElementById(id);
const token = () => sessionStorage.getItem(TOKEN);

// An element with a class and children, which are elements or texts.
function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function button(text, label, action) {
  const element = make("button", "", text);
  element.type = "button";
  element.setAttribute("aria-label", label);
  element.addEventListener("click", () => guarded(action, element));
  return element;
}

function notify(text, bad) {
  const notice = byId("notice");
  notice.textContent = text;
  notice.className = bad ? "bad" : "";
  notice.hidden = !text;
}

// Runs an action with its control disabled; what fails is told.
async function guarded(action, control) {
  if (control) control.disabled = true;
  try {
    await action();
  } catch (error) {
    notify(error.message, true);
  } finally {
    if (control) control.disabled = false;
  }
}

async function ask(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { authorization: `Bearer ${token()}`, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Error("The filter does not answer. Is it running?");
  }
  const text = await answer.text();
  const read = text && (answer.headers.get("content-type") || "").includes("json") ? JSON.parse(text) : null;
  if (answer.status === 401) signOut();
  if (!answer.ok) throw new Error(read?.error?.message || `The filter answered ${answer.status}.`);
  return read;
}

const query = (values) =>
  new URLSearchParams(Object.entries(values).filter(([, value]) => value)).toString();

function when(moment) {
  if (!moment) return "";
  const time = make("time", "", new Date(moment).toLocaleString());
  time.dateTime = moment;
  return time;
}

function lasted(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86400 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86400).toFixed(1)} d`;
}

const percent = (score) => (score === null || score === undefined ? "" : ` ${(score * 100).toFixed(1)} %`);

// Puts rows of cells into a table; a cell is [class, ...children].
function fill(id, rows, append) {
  const body = byId(id);
  const labels = [...body.closest("table").querySelectorAll("th")].map((head) => head.textContent);
  const made = rows.map((cells) => {
    const row = make("tr");
    cells.forEach(([className, ...children], column) => {
      const cell = make("td", className, ...children);
      cell.dataset.label = labels[column];
      row.append(cell);
    });
    return row;
  });
  if (!append) body.replaceChildren();
  body.append(...made);
  if (!body.children.length) {
    const none = make("td", "none", "Nothing here.");
    none.colSpan = labels.length;
    body.append(make("tr", "", none));
  }
}

// Shows a button for the next page while there is one.
function pageOn(id, next, load) {
  const older = byId(id);
  older.hidden = !next;
  older.onclick = () => guarded(() => load(next), older);
}

async function showOverview() {
  const status = await ask("GET", "/api/v1/status");
  const mode = byId("mode");
  mode.textContent = status.mode;
  mode.className = `badge ${{ block: "good", detect: "warn" }[status.mode] || "bad"}`;
  mode.hidden = false;
  const facts = [
    ["Mode", status.mode],
    ["Running for", lasted(status.uptime_s * 1000)],
    ["Bans in force", status.bans],
    ["Open sessions", status.open_sessions],
    ["Log queue", `${status.queue.length} of ${status.queue.capacity}, ${status.queue.dropped} dropped`],
    ["Store", status.store],
    ...status.models.map((model) => [`Model: ${model.kind}`, model.version]),
    ["Version", status.version],
  ];
  byId("facts").replaceChildren(
    ...facts.map(([name, value]) => make("div", "", make("dt", "", name), make("dd", "", String(value)))),
  );
}

async function showRequests(before) {
  const values = {
    client: byId("requests-client").value.trim(),
    session: byId("requests-session").value.trim(),
    refused: byId("requests-refused").checked ? "true" : "",
    before,
    limit: 50,
  };
  const page = await ask("GET", `/api/v1/requests?${query(values)}`);
  fill("requests-rows", page.requests.map(requestRow), before);
  pageOn("requests-older", page.next, showRequests);
}

function requestRow(request) {
  const kind = { refuse: "bad", flag: "warn", allow: "good" }[request.verdict] || "";
  const why = [request.class || request.reason || "", percent(request.score)].join("");
  const found = request.findings.map((finding) =>
    make("div", "", make("span", "quiet", `${finding.place} ${finding.name} (${finding.class}${percent(finding.score)}) `),
      finding.excerpt ? make("code", "", finding.excerpt) : null));
  return [
    ["fixed", when(request.time)],
    ["fixed", request.client_ip],
    ["", make("code", "", `${request.method} ${request.url}`)],
    ["number", String(request.status)],
    ["", make("span", `badge ${kind}`, request.verdict), ` ${why}`],
    ["", ...found],
    ["", button("Ban…", `Ban ${request.client}`, () => proposeBan(request))],
  ];
}

function proposeBan(request) {
  byId("bans-address").value = request.client;
  byId("bans-reason").value = `request ${request.id}`;
  go("bans");
  byId("bans-duration").focus();
}

async function showSessions(before) {
  const values = {
    client: byId("sessions-client").value.trim(),
    behavior: byId("sessions-behavior").value,
    before,
    limit: 50,
  };
  const page = await ask("GET", `/api/v1/sessions?${query(values)}`);
  fill("sessions-rows", [...page.open, ...page.judged].map(sessionRow), before);
  pageOn("sessions-older", page.next, showSessions);
}

function sessionRow(session) {
  const kind = { Abnormal: "bad", Normal: "good" }[session.behavior] || "";
  const number = (value) => ["number", String(value)];
  return [
    ["fixed", session.state === "open" ? "open" : when(session.end)],
    ["fixed", session.client],
    ["", make("span", `badge ${kind}`, session.behavior || session.state), ` ${session.cause || ""}${percent(session.score)}`],
    number(session.features.numOfReqs),
    number(session.features.numOfPostReqs),
    number(session.features.numOfLoginAttempts),
    number(session.features.sesCodes4xx),
    ["number", lasted(session.features.sesDuration)],
    ["", button("Requests", `Requests of session ${session.id}`, () => {
      byId("requests-form").reset();
      byId("requests-session").value = session.id;
      go("requests");
    })],
  ];
}

async function showBans() {
  const page = await ask("GET", "/api/v1/bans?limit=500");
  fill("bans-rows", page.bans.map((ban) => [
    ["", make("code", "", ban.address)],
    ["fixed", ban.origin],
    ["fixed", when(ban.since)],
    ["fixed", ban.until ? when(ban.until) : "lifted by hand"],
    ["", ban.reason],
    ["", button("Unban", `Unban ${ban.address}`, () => unban(ban.address))],
  ]));
  byId("bans-title").textContent = `Bans (${page.total})`;
}

async function unban(address) {
  const answer = await ask("DELETE", `/api/v1/bans/${encodeURIComponent(address)}`);
  await showBans();
  notify(answer?.saved === false ? `${address} is free; the store will be told later.` : `${address} is free.`);
}

async function ban() {
  const values = { address: byId("bans-address").value.trim() };
  for (const key of ["duration", "reason"]) {
    const value = byId(`bans-${key}`).value.trim();
    if (value) values[key] = value;
  }
  const made = await ask("POST", "/api/v1/bans", values);
  byId("bans-form").reset();
  await showBans();
  notify(`${made.address} is banned.`);
}

async function classify() {
  const body = { text: byId("classify-text").value, where: byId("classify-where").value };
  const answer = byId("classify-answer");
  answer.textContent = JSON.stringify(await ask("POST", "/api/v1/classify", body));
  answer.hidden = false;
}

function signOut() {
  sessionStorage.removeItem(TOKEN);
  show();
}

// Shows the view the address names, or the sign-in.
function show() {
  const signedIn = Boolean(token());
  const named = location.hash.slice(1);
  const view = Object.hasOwn(VIEWS, named) ? named : "overview";
  byId("login").hidden = signedIn;
  byId("nav").hidden = !signedIn;
  for (const id of Object.keys(VIEWS)) byId(id).hidden = !signedIn || id !== view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!signedIn) {
    byId("mode").hidden = true;
    byId("token").focus();
    return;
  }
  notify("");
  guarded(() => VIEWS[view]());
}

function go(view) {
  history.pushState(null, "", `#${view}`);
  show();
}

function onSubmit(id, action) {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    notify("");
    guarded(action, event.submitter);
  });
}

onSubmit("login-form", async () => {
  const typed = byId("token").value.trim();
  if (!/^[\x21-\x7e]+$/.test(typed)) throw new Error("A token is visible ASCII without spaces.");
  sessionStorage.setItem(TOKEN, typed);
  byId("token").value = "";
  await showOverview();
  show();
});
onSubmit("requests-form", () => showRequests());
onSubmit("sessions-form", () => showSessions());
onSubmit("bans-form", ban);
onSubmit("classify-form", classify);
byId("signout").addEventListener("click", signOut);
window.addEventListener("hashchange", show);
setInterval(() => {
  if (token() && !byId("overview").hidden && !document.hidden) guarded(showOverview);
}, 10000);
show();
