"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const MARKS = ["●", "◐", "▲", "✕"];
const RUN_MARKS = { done: "●", deferred: "◐", running: "◌", partial: "▲", failed: "✕" };
const chosen = new Set();

// Everything that is shown goes through here: text stays text, whatever it holds.
function make(tag, facts = {}, ...children) {
  const svg = ["svg", "path", "text"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) {
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}
const short = (tap) => tap.replace(/^tap-/, "");
const number = (value) => (value == null ? "–" : value.toLocaleString("en"));
const brief = (value) => (value >= 1e6 ? (value / 1e6).toPrecision(3) + "M" : value >= 1e3 ? (value / 1e3).toPrecision(3) + "k" : String(value));
const age = (hours) => (hours == null ? "" : hours < 48 ? Math.round(hours) + " h" : Math.round(hours / 24) + " d");
const DAYS = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const day = (text) => (text ? DAYS.format(new Date(text + "T00:00:00Z")) : "–");
const when = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
const lasted = (seconds) => (seconds == null ? "under way" : seconds < 60 ? Math.round(seconds) + " s" : seconds < 3600 ? Math.round(seconds / 60) + " min" : (seconds / 3600).toFixed(1) + " h");
const words = (cause) => cause.replaceAll("_", " ");

function bars(runs, width, height, labelled) {
  const most = Math.max(1, ...runs.map((run) => run[3]));
  const step = width / Math.max(runs.length, 14);
  const floor = height - (labelled ? 14 : 0);
  const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", class: labelled ? "chart" : "spark", "aria-hidden": "true" });
  const paths = {}; // one for each colour: a shape of its own for each of 40,000 bars would take a second
  runs.forEach((run, place) => {
    const tall = run[3] ? Math.max(2, (run[3] / most) * (floor - 1)) : 2;
    const x = width - (runs.length - place) * step;
    const kind = run[2] === "done" ? "bar" : run[2];
    paths[kind] = (paths[kind] ?? "") + `M${x.toFixed(1)} ${floor}v-${tall.toFixed(1)}h${(step * 0.7).toFixed(1)}v${tall.toFixed(1)}z`;
    if (labelled && place % 7 === 0) svg.append(make("text", { class: "day", x, y: height - 2, text: day(when(run[0]).slice(0, 10)) }));
  });
  svg.append(...Object.entries(paths).map(([kind, d]) => make("path", { class: kind, d })));
  return svg;
}

function cellOf(client, place, cell) {
  const title = `${client} ${short(data.taps[place])}: ${data.states[cell.s]}${cell.c ? ", " + words(cell.c) : ""}`;
  return make("button", { class: `cell s${cell.s}`, title, "aria-label": title, onclick: () => { location.hash = encodeURIComponent(client) + "/" + encodeURIComponent(data.taps[place]); } },
    make("span", { class: "name", text: short(data.taps[place]) }),
    make("span", { class: "top" }, make("span", { class: "mark", text: MARKS[cell.s] }), make("span", { text: day(cell.f) }), make("span", { class: "age", text: age(cell.a) })),
    bars(cell.r.slice(-14), 84, 14, false));
}

function grid() {
  const find = document.getElementById("find").value.trim().toLowerCase();
  const rows = data.clients.filter(([name, cells]) => name.toLowerCase().includes(find) && (!chosen.size || Object.values(cells).some((cell) => chosen.has(cell.s))));
  document.querySelector("#grid thead").replaceChildren(make("tr", {}, make("th", { text: "" }), ...data.taps.map((tap) => make("th", { scope: "col", text: short(tap) }))));
  document.querySelector("#grid tbody").replaceChildren(...rows.map(([name, cells]) => make("tr", {}, make("th", { scope: "row", text: name, title: name }),
    ...data.taps.map((_, place) => make("td", {}, cells[place] ? cellOf(name, place, cells[place]) : null)))));
  document.getElementById("none").hidden = rows.length > 0;
}

function counts() {
  const found = data.states.map(() => 0);
  for (const [, cells] of data.clients) for (const cell of Object.values(cells)) found[cell.s] += 1;
  document.getElementById("counts").replaceChildren(...data.states.map((state, rank) => make("button", { class: `s${rank}`, "aria-pressed": String(chosen.has(rank)), onclick: () => { chosen.has(rank) ? chosen.delete(rank) : chosen.add(rank); counts(); grid(); } },
    make("span", { class: "mark", text: MARKS[rank] }), ` ${found[rank].toLocaleString("en")} ${state}`)));
}

function runOf(run) {
  const [start, seconds, status, rows, rejected, id, kind, cause, message, waited, retries, command, request] = run;
  const facts = [`run ${id}`, kind === "live" ? null : kind.replace("_", " "), rejected ? `${number(rejected)} put aside` : null, waited ? `${lasted(waited)} waiting for budgets` : null, retries ? `${retries} retries` : null];
  return make("details", {},
    make("summary", {}, make("span", { class: status, text: RUN_MARKS[status] || "·" }), make("span", { text: when(start) }), make("span", { class: "lasted soft", text: lasted(seconds) }), make("span", { class: "cause soft", text: cause ? words(cause) : "" }), make("span", { class: "number", text: `${number(rows)} rows` })),
    message ? make("p", { text: message }) : null,
    make("p", { class: "soft", text: facts.filter(Boolean).join(", ") }),
    request ? make("pre", { text: JSON.stringify(request, null, 2) }) : null,
    command ? make("pre", { text: command }) : null);
}

function detail() {
  const dialog = document.getElementById("detail");
  const [client, tap] = location.hash.slice(1).split("/").map((part) => { try { return decodeURIComponent(part); } catch { return ""; } });
  const row = data.clients.find(([name]) => name === client);
  const cell = row && row[1][data.taps.indexOf(tap)];
  if (!cell) { dialog.close(); return; }
  const state = data.states[cell.s] + (cell.c ? ": " + words(cell.c) : "");
  dialog.replaceChildren(
    make("button", { class: "close", "aria-label": "Close", text: "×", onclick: () => dialog.close() }),
    make("h2", { text: `${client} · ${short(tap)}` }),
    make("p", { class: `s${cell.s}` }, make("span", { class: "mark", text: MARKS[cell.s] }), " " + state),
    cell.m ? make("p", { text: cell.m }) : null,
    make("h3", { text: "Rows of each run" }), bars(cell.r, 640, 90, true),
    make("h3", { text: "Streams" }),
    make("table", {}, make("tr", {}, ...["", "Stream", "Complete until"].map((text) => make("th", { text })), make("th", { class: "number", text: "Rows" }), make("th", { class: "number", text: "Usual" })),
      ...cell.t.map(([name, rank, cause, , fresh, rows, usual]) => make("tr", { class: `s${rank}` }, make("td", { class: "mark", text: MARKS[rank] }), make("td", {}, name, cause ? make("span", { class: "soft", text: " " + words(cause) }) : null), make("td", { text: day(fresh) }), make("td", { class: "number", text: number(rows) }), make("td", { class: "number soft", text: usual ? `${brief(usual[0])}–${brief(usual[1])}` : "" })))),
    make("h3", { text: "Runs" }), ...[...cell.r].reverse().map(runOf));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

document.getElementById("at").textContent = `as of ${when(data.at)} UTC`;
document.getElementById("find").addEventListener("input", grid);
document.getElementById("detail").addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
document.getElementById("detail").addEventListener("click", (event) => { if (event.target.id === "detail") event.target.close(); });
addEventListener("hashchange", detail);
counts();
grid();
detail();
