// The console works without this script; it spares some clicks. The pages come escaped from the filter: what is put in
// place here was made there, and the page's policy runs no script that came with it.
"use strict";

const live = document.getElementById("live");
const pause = document.getElementById("pause");
const EVERY_MS = 3000;

// Asks for the changing part of the page and puts it in place, unless someone works in it.
async function refresh() {
  if (document.hidden || pause.getAttribute("aria-pressed") === "true") return;
  if (live.contains(document.activeElement) || !document.getSelection().isCollapsed) return;
  let answer;
  try {
    answer = await fetch(live.dataset.refresh, { redirect: "manual" });
  } catch {
    live.classList.add("stale");
    return;
  }
  if (answer.type === "opaqueredirect") {
    location.reload();
    return;
  }
  live.classList.toggle("stale", !answer.ok);
  if (!answer.ok) return;
  const made = new DOMParser().parseFromString(await answer.text(), "text/html");
  live.replaceChildren(...made.body.childNodes);
}

if (live && pause) {
  pause.hidden = false;
  pause.addEventListener("click", () => {
    const paused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(paused));
  });
  setInterval(refresh, EVERY_MS);
}

// The form that goes to one request by its id.
for (const form of document.querySelectorAll("form[data-goto]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const id = form.elements.id.value.trim();
    if (id) location.assign(form.dataset.goto + encodeURIComponent(id));
  });
}
