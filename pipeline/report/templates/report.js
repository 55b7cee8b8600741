"use strict";
const { frames, texts } = JSON.parse(document.getElementById("data").textContent);
const by = id => document.getElementById(id);
const sheet = by("sheet"), dialog = by("frame");
const TILE = { width: 200, height: 208, gap: 12, ahead: 2 };
const STATES = { failed: "failed", skipped: "not done again", done: "" };
let seen = [], tiles = new Map(), columns = 1, shown = -1;

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function facts(frame) {
  return [
    [STATES[frame.status], frame.flagged ? "flagged" : ""].filter(Boolean).join(", "),
    frame.score === null ? "" : `reflection ${(100 * frame.score).toFixed(1)} %`,
    frame.time,
  ];
}

// Choosing and ordering.

const found = new Map();
function words(frame) {
  if (!found.has(frame)) {
    const notes = frame.steps.flatMap(([, , , remarks]) => remarks);
    found.set(frame, [frame.name, frame.folder, frame.reason, ...notes].join("\n").toLowerCase());
  }
  return found.get(frame);
}

const ORDER = ["failed", "done", "skipped"];
const KEYS = {
  name: (frame, place) => place,
  score: frame => frame.score,
  seconds: frame => frame.seconds,
  status: frame => ORDER.indexOf(frame.status) - (frame.flagged ? 0.5 : 0),
};

function choose() {
  const text = by("find").value.trim().toLowerCase(), status = by("status").value;
  const key = KEYS[by("sort").value], sign = by("down").checked ? -1 : 1;
  const chosen = [];
  frames.forEach((frame, place) => {
    if (status && frame.status !== status) return;
    if (by("flagged").checked && !frame.flagged) return;
    if (text && !words(frame).includes(text)) return;
    chosen.push([key(frame, place), place]);
  });
  // Frames without a score come last in both directions; equal ones stay in the order of their names.
  chosen.sort(([a, i], [b, j]) => (a === null) - (b === null) || sign * (a - b) || i - j);
  seen = chosen.map(([, place]) => place);
  by("count").textContent = seen.length === frames.length ? "" : `${seen.length} of ${frames.length} shown`;
  sheet.replaceChildren();
  tiles.clear();
  lay();
}

// The contact sheet: only tiles near the window are there.

function tile(place) {
  const frame = frames[seen[place]];
  const picture = frame.thumbnail
    ? make("img", { loading: "lazy", alt: "", src: frame.thumbnail, draggable: false })
    : make("span", { className: "empty", textContent: frame.reason || "no picture that a browser shows" });
  const [state, ...rest] = facts(frame);
  const line = make("span", { className: "facts" });
  if (state) line.append(make("span", { className: "state", textContent: state }), " · ");
  line.append(rest.filter(Boolean).join(" · "));
  const button = make("button", { type: "button", className: `tile ${frame.status}`, title: frame.reason },
    picture, make("span", { className: "name", textContent: frame.name }), line);
  button.classList.toggle("flagged", frame.flagged);
  button.dataset.place = place;
  return button;
}

function lay() {
  const width = sheet.clientWidth, high = TILE.height + TILE.gap;
  columns = Math.max(1, Math.floor((width + TILE.gap) / (TILE.width + TILE.gap)));
  const wide = (width - TILE.gap * (columns - 1)) / columns;
  const top = -sheet.getBoundingClientRect().top;
  sheet.style.height = `${Math.ceil(seen.length / columns) * high}px`;
  const from = Math.max(0, Math.floor(top / high) - TILE.ahead) * columns;
  const to = Math.min(seen.length, (Math.ceil((top + innerHeight) / high) + TILE.ahead) * columns);
  const wanted = new Set();
  for (let place = from; place < to; place++) wanted.add(place);
  const focused = document.activeElement?.dataset?.place;
  if (focused !== undefined) wanted.add(Number(focused));
  for (const [place, element] of tiles) {
    if (!wanted.has(place)) { element.remove(); tiles.delete(place); }
  }
  // In the order of the sheet, so that Tab goes from one to the next; a tile that is there is not moved.
  [...wanted].sort((a, b) => a - b).forEach((place, number) => {
    if (!tiles.has(place)) tiles.set(place, tile(place));
    const element = tiles.get(place);
    if (sheet.children[number] !== element) sheet.insertBefore(element, sheet.children[number] ?? null);
    const row = Math.floor(place / columns), column = place % columns;
    Object.assign(element.style, {
      left: `${column * (wide + TILE.gap)}px`, top: `${row * high}px`,
      width: `${wide}px`, height: `${TILE.height}px`,
    });
  });
}

function go(place) {
  const row = Math.floor(place / columns) * (TILE.height + TILE.gap);
  const top = sheet.getBoundingClientRect().top + row;
  if (top < 0 || top + TILE.height > innerHeight) scrollBy(0, top - (innerHeight - TILE.height) / 2);
  lay();
  tiles.get(place)?.focus({ preventScroll: true });
}

sheet.addEventListener("keydown", event => {
  const place = Number(event.target.dataset.place), last = seen.length - 1;
  const to = { ArrowLeft: place - 1, ArrowRight: place + 1, ArrowUp: place - columns,
    ArrowDown: place + columns, Home: 0, End: last }[event.key];
  if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  if (to >= 0 && to <= last) go(to);
});
sheet.addEventListener("click", event => {
  const button = event.target.closest(".tile");
  if (button) open(Number(button.dataset.place));
});

// One frame.

function figure(caption, ...children) {
  return make("figure", {}, ...children, make("figcaption", { textContent: caption }));
}

function whole(url, alt) {
  return make("a", { href: url }, make("img", { src: url, alt }));
}

function compare(frame) {
  const slider = make("input", { type: "range", min: 0, max: 100, step: "any", value: 50 });
  slider.setAttribute("aria-label", "Share of the picture shown as it was taken");
  const box = make("div", { className: "compare" },
    make("img", { src: frame.after, alt: `${frame.name} without the reflection` }),
    make("img", { src: frame.before, alt: `${frame.name} as it was taken`, className: "over" }),
    make("div", { className: "bar" }), slider);
  slider.addEventListener("input", () => box.style.setProperty("--at", `${slider.value}%`));
  const ends = make("figcaption", { className: "ends" }, make("span", { textContent: "before" }),
    make("span", { textContent: "after" }));
  return make("figure", {}, box, ends);
}

function drawn(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function histogram(data, of) {
  const heights = Uint8Array.from(atob(data), letter => letter.charCodeAt(0)), bins = heights.length / 3;
  const curves = ["#f33", "#3d3", "#46f"].map((fill, channel) => {
    const points = [`0,255`];
    for (let bin = 0; bin < bins; bin++) {
      const y = 255 - heights[channel * bins + bin];
      points.push(`${bin},${y} ${bin + 1},${y}`);
    }
    return drawn("polygon", { fill, points: [...points, `${bins},255`].join(" ") });
  });
  const label = { role: "img", "aria-label": `Histogram ${of}`, class: "histogram" };
  return figure(`histogram ${of}`,
    drawn("svg", { ...label, viewBox: `0 0 ${bins} 255`, preserveAspectRatio: "none" }, ...curves));
}

function pictures(frame) {
  const main = frame.before && frame.after ? compare(frame)
    : frame.after ? figure("after", whole(frame.after, frame.name))
    : make("p", { className: "dim", textContent: "No picture that a browser shows." });
  const aside = make("div");
  if (frame.reflection) aside.append(figure("reflection", whole(frame.reflection, `The reflection taken out of ${frame.name}`)));
  if (frame.before_histogram) aside.append(histogram(frame.before_histogram, "before"));
  if (frame.after_histogram) aside.append(histogram(frame.after_histogram, "after"));
  return make("div", { className: "pictures" }, main, aside);
}

function trail(frame) {
  const rows = frame.steps.map(([stage, parameters, time, notes]) => {
    const done = make("td", { textContent: texts[parameters] });
    if (notes.length) done.append(make("ul", {}, ...notes.map(note => make("li", { textContent: note }))));
    const head = make("th", { scope: "row", textContent: texts[stage] });
    return make("tr", {}, head, done, make("td", { textContent: time }));
  });
  return make("table", {}, make("caption", { className: "dim", textContent: "What was done" }), ...rows);
}

function show(place) {
  shown = place;
  const frame = frames[seen[place]], body = by("frame-body");
  const scores = frame.scores.map(([name, value]) => `${name} ${value}`);
  by("frame-name").textContent = frame.name;
  body.replaceChildren(make("p", { className: "dim",
    textContent: [facts(frame)[0], ...scores, frame.time, `from ${frame.folder}`, frame.where].filter(Boolean).join(" · ") }));
  if (frame.reason) body.append(make("p", { className: "reason", textContent: frame.reason }));
  body.append(pictures(frame));
  body.append(make("div", { className: "files" }, ...frame.files.map(file => make("span", {},
    make("a", { href: file.url, textContent: file.name }),
    make("span", { className: "dim", textContent: ` ${file.role}, ${file.size}` })))));
  if (frame.steps.length) body.append(trail(frame));
  by("previous").disabled = place === 0;
  by("next").disabled = place === seen.length - 1;
  dialog.scrollTop = 0;
  history.replaceState(null, "", `#frame-${seen[place] + 1}`);
}

function open(place) {
  show(place);
  if (!dialog.open) dialog.showModal();
  by("frame-name").focus();
}

function step(by_) {
  if (shown + by_ < 0 || shown + by_ >= seen.length) return;
  show(shown + by_);
  // A button that has just been switched off loses the keyboard.
  if (document.activeElement === document.body || document.activeElement?.disabled) by("frame-name").focus();
}

by("previous").addEventListener("click", () => step(-1));
by("next").addEventListener("click", () => step(1));
by("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "n") step(1);
  if (event.key === "p") step(-1);
});
dialog.addEventListener("close", () => {
  by("frame-body").replaceChildren();
  history.replaceState(null, "", location.pathname + location.search);
  go(shown);
});

function follow() {
  const place = seen.indexOf(Number(location.hash.match(/^#frame-(\d+)$/)?.[1]) - 1);
  if (place >= 0) open(place);
}

function only(status, flagged) {
  by("controls").reset();
  by("status").value = status;
  by("flagged").checked = flagged;
  choose();
}

by("show-failed")?.addEventListener("click", () => only("failed", false));
by("show-flagged")?.addEventListener("click", () => only("", true));
by("controls").addEventListener("input", choose);
by("controls").addEventListener("submit", event => event.preventDefault());
addEventListener("scroll", lay, { passive: true });
addEventListener("resize", lay);
addEventListener("hashchange", follow);
choose();
follow();
