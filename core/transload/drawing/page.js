"use strict";
/* Draws the graph that stands in #graph. Text reaches the page by textContent and fillText only. */
(() => {
  const WIDTH = 210, HEIGHT = 44, FAR = 0.28, NEAR = 0.45;
  const graph = JSON.parse(document.getElementById("graph").textContent);
  const { nodes, links } = graph;
  const $ = (id) => document.getElementById(id);
  const canvas = $("canvas"), pen = canvas.getContext("2d");
  const view = { x: 0, y: 0, scale: 1 };
  const state = { chosen: -1, over: -1, depths: new Map(), matches: [], matched: new Set(), at: -1, crossing: false };
  let colours = {}, asked = false;

  const into = nodes.map(() => []), outof = nodes.map(() => []);
  links.forEach((link, index) => { outof[link.from].push(index); into[link.to].push(index); });
  const crossed = new Set(links.filter((link) => link.crossing).flatMap((link) => [link.from, link.to]));
  const routes = links.map(routeOf);

  /* Geometry: a link leaves on the side that it leads to, and goes by its bends; one that closes a cycle leads left. */
  function routeOf(link) {
    const a = nodes[link.from], b = nodes[link.to], loop = link.from === link.to, way = b.x < a.x ? -1 : 1;
    const points = [[a.x + (way * WIDTH) / 2, a.y]];
    for (let i = 0; i < link.bends.length; i += 2) points.push([link.bends[i], link.bends[i + 1]]);
    points.push(loop ? [a.x + WIDTH / 2 - 24, a.y - HEIGHT / 2] : [b.x - (way * WIDTH) / 2, b.y]);
    return { points, loop, way };
  }
  function trace(path, { points, loop, way }, box) {
    for (let i = 1; i < points.length; i++) {
      const [x0, y0] = points[i - 1], [x1, y1] = points[i], room = 140;
      if (Math.max(x0, x1) + room < box.left || Math.min(x0, x1) - room > box.right) continue;
      if (Math.max(y0, y1) + room < box.top || Math.min(y0, y1) - room > box.bottom) continue;
      const bow = way * Math.max(36, Math.min(Math.abs(x1 - x0) * 0.5, room));
      path.moveTo(x0, y0);
      if (loop) path.bezierCurveTo(x0 + 50, y0, x1 + 6, y1 - 60, x1, y1);
      else path.bezierCurveTo(x0 + bow, y0, x1 - bow, y1, x1, y1);
    }
  }

  /* Drawing: only what is in sight, one path per look of a link. */
  function readColours() {
    const style = getComputedStyle(document.documentElement);
    const names = ["paper", "dots", "card", "edge", "ink", "muted", "line", "accent", "cross", "dropped", "approximated", "carried", "mark"];
    for (let i = 0; i < 8; i++) names.push("tool-" + i);
    colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue("--" + name).trim()]));
  }
  function ask() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; draw(); });
  }
  function sight() {
    const w = canvas.clientWidth / view.scale, h = canvas.clientHeight / view.scale;
    return { left: view.x, top: view.y, right: view.x + w, bottom: view.y + h };
  }
  const isHidden = (index) => state.crossing && !crossed.has(index);
  function strength(index) {
    if (state.chosen >= 0) return state.depths.has(index) ? 1 : 0.18;
    if (state.matches.length) return state.matched.has(index) ? 1 : 0.3;
    return 1;
  }
  function draw() {
    const ratio = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio);
      canvas.height = Math.round(h * ratio);
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = colours.paper;
    pen.fillRect(0, 0, w, h);
    const k = view.scale * ratio, box = sight();
    pen.setTransform(k, 0, 0, k, -view.x * k, -view.y * k);
    drawLinks(box);
    nodes.forEach((node, index) => {
      const seen = node.x + WIDTH > box.left && node.x - WIDTH < box.right && node.y + HEIGHT > box.top && node.y - HEIGHT < box.bottom;
      if (seen && !isHidden(index)) drawNode(node, index);
    });
    pen.globalAlpha = 1;
  }
  const isBelow = (index) => state.depths.get(index) >= 0 || state.depths.get(index) === "both";
  const isAbove = (index) => state.depths.get(index) <= 0 || state.depths.get(index) === "both";
  function lookOf(link) {
    if (state.crossing && !link.crossing) return null;
    const chosen = state.chosen, below = isBelow(link.from) && isBelow(link.to), above = isAbove(link.from) && isAbove(link.to);
    const lit = chosen < 0 || below || above;
    const faint = chosen < 0 && state.matches.length && !(state.matched.has(link.from) && state.matched.has(link.to));
    return (lit ? (faint ? "faint" : chosen < 0 ? "plain" : "lit") : "dim") + link.trigger + link.crossing;
  }
  function drawLinks(box) {
    const groups = new Map();
    links.forEach((link, index) => {
      const look = lookOf(link);
      if (look === null) return;
      if (!groups.has(look)) groups.set(look, { link, all: [] });
      groups.get(look).all.push(index);
    });
    const order = ["dim", "faint", "plain", "lit"];
    const rank = (look) => order.findIndex((name) => look.startsWith(name)) * 10 + Number(look.slice(-1));
    [...groups.keys()].sort((a, b) => rank(a) - rank(b)).forEach((look) => drawGroup(look, groups.get(look), box));
  }
  function drawGroup(look, { link, all }, box) {
    const path = new Path2D(), colour = link.crossing ? colours.cross : look.startsWith("lit") ? colours.accent : colours.line;
    all.forEach((index) => trace(path, routes[index], box));
    const thin = Math.max(1, 0.55 / view.scale), wide = link.crossing || look.startsWith("lit") ? 1.7 : 1.4;
    pen.globalAlpha = look.startsWith("dim") ? 0.1 : look.startsWith("faint") ? 0.3 : view.scale < FAR ? 0.4 : 0.9;
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = thin * wide;
    const far = view.scale < 0.12;
    pen.setLineDash(far ? [] : link.trigger ? [2 * thin, 4 * thin] : link.crossing ? [8 * thin, 5 * thin] : []);
    pen.stroke(path);
    pen.setLineDash([]);
    if (view.scale > FAR) drawHeads(all);
  }
  function drawHeads(all) {
    pen.beginPath();
    all.forEach((index) => {
      const { points, loop, way } = routes[index], [x, y] = points[points.length - 1];
      pen.moveTo(x, y);
      pen.lineTo(loop ? x - 4 : x - way * 8, loop ? y - 8 : y - 4);
      pen.lineTo(loop ? x + 4 : x - way * 8, loop ? y - 8 : y + 4);
      pen.closePath();
    });
    pen.fill();
  }
  function drawNode(node, index) {
    const x = node.x - WIDTH / 2, y = node.y - HEIGHT / 2, alpha = strength(index), tools = node.tools;
    pen.globalAlpha = 1;
    if (view.scale < FAR) {
      pen.globalAlpha = alpha;
      stripes(tools, x, y, 0);
      if (index === state.chosen || state.matched.has(index)) outline(index, x, y);
      return;
    }
    pen.fillStyle = colours.card;
    shape(x, y);
    pen.fill();
    pen.globalAlpha = alpha * 0.13;
    stripes(tools, x, y, 7);
    pen.globalAlpha = alpha;
    bars(tools, x, y);
    pen.strokeStyle = tools.length ? colours["tool-" + tools[0]] : colours.edge;
    pen.lineWidth = 1;
    shape(x, y);
    pen.stroke();
    outline(index, x, y);
    if (view.scale > NEAR) label(node, x, y);
    badges(node, index, x, y);
  }
  function shape(x, y) {
    pen.beginPath();
    pen.roundRect(x, y, WIDTH, HEIGHT, 7);
  }
  function stripes(tools, x, y, round) {
    const step = WIDTH / (tools.length || 1), last = tools.length - 1;
    pen.fillStyle = colours.muted;
    if (!tools.length) block(x, y, WIDTH, HEIGHT, [round]);
    tools.forEach((tool, i) => {
      const start = i ? 0 : round, end = i < last ? 0 : round;
      pen.fillStyle = colours["tool-" + tool];
      block(x + i * step, y, step, HEIGHT, [start, end, end, start]);
    });
  }
  function bars(tools, x, y) {
    const step = HEIGHT / (tools.length || 1), last = tools.length - 1;
    tools.forEach((tool, i) => {
      pen.fillStyle = colours["tool-" + tool];
      block(x, y + i * step, 7, step, [i ? 0 : 7, 0, 0, i < last ? 0 : 7]);
    });
  }
  function block(x, y, w, h, radii) {
    if (!radii.some(Boolean)) return pen.fillRect(x, y, w, h);
    pen.beginPath();
    pen.roundRect(x, y, w, h, radii);
    pen.fill();
  }
  function outline(index, x, y) {
    const found = state.matched.has(index), chosen = index === state.chosen;
    if (!found && !chosen && index !== state.over) return;
    pen.strokeStyle = chosen ? colours.accent : found ? colours.mark : colours.muted;
    pen.lineWidth = (chosen || found ? 3 : 1.5) * Math.max(1, 0.7 / view.scale);
    pen.beginPath();
    pen.roundRect(x - 2, y - 2, WIDTH + 4, HEIGHT + 4, 9);
    pen.stroke();
  }
  /* More of the end than of the start: a table's own name stands last. */
  function fitted(text, font, room) {
    pen.font = font;
    if (pen.measureText(text).width <= room) return text;
    const letters = Array.from(text);
    let low = 1, high = letters.length;
    const cut = (n) => letters.slice(0, Math.floor(n / 3)).join("") + "…" + letters.slice(letters.length - Math.ceil((n * 2) / 3)).join("");
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (pen.measureText(cut(middle)).width <= room) low = middle; else high = middle - 1;
    }
    return cut(low);
  }
  function label(node, x, y) {
    const name = "600 12.5px system-ui, sans-serif", space = "11px system-ui, sans-serif", room = WIDTH - 30;
    node.shown = node.shown || [fitted(node.name, name, room), fitted(node.space, space, room)];
    pen.textBaseline = "middle";
    pen.direction = "ltr";
    pen.font = name;
    pen.fillStyle = colours.ink;
    pen.fillText(node.shown[0], x + 16, y + 15);
    pen.font = space;
    pen.fillStyle = colours.muted;
    pen.fillText(node.shown[1], x + 16, y + 31);
  }
  function badges(node, index, x, y) {
    const worst = ["dropped", "approximated", "carried"].find((_, i) => node.losses[i]);
    if (worst) {
      pen.fillStyle = colours[worst];
      pen.beginPath();
      pen.arc(x + WIDTH - 1, y + 1, 5.5, 0, 7);
      pen.fill();
    }
    const depth = state.depths.get(index);
    if (!depth || view.scale < NEAR) return;
    const text = depth === "both" ? "±" : depth > 0 ? "+" + depth : "−" + -depth;
    pen.font = "600 10.5px system-ui, sans-serif";
    const wide = pen.measureText(text).width + 10;
    pen.fillStyle = colours.accent;
    pen.beginPath();
    pen.roundRect(x + WIDTH - wide - 4, y + HEIGHT - 8, wide, 15, 7);
    pen.fill();
    pen.fillStyle = colours.card;
    pen.fillText(text, x + WIDTH - wide + 1, y + HEIGHT);
  }

  /* Up- and downstream of the chosen node: depth by breadth-first search, negative upstream. */
  function reach(start, steps, end, most) {
    const found = new Map([[start, 0]]);
    for (let ring = [start], depth = 1; ring.length && (!most || depth <= most); depth++) {
      const next = [];
      for (const node of ring) for (const link of steps[node]) {
        const other = links[link][end];
        if (!found.has(other)) { found.set(other, depth); next.push(other); }
      }
      ring = next;
    }
    found.delete(start);
    return found;
  }
  function choose(index, centre) {
    state.chosen = index;
    state.depths = new Map();
    if (index >= 0) light(index);
    if (centre && index >= 0) moveTo(index);
    const hash = index >= 0 ? "#node=" + encodeURIComponent(nodes[index].id) : location.pathname + location.search;
    history.replaceState(null, "", hash);
    fillPanel();
    ask();
  }
  function light(index) {
    const most = Number($("depth").value);
    const up = reach(index, into, "from", most), down = reach(index, outof, "to", most);
    state.up = up.size;
    state.down = down.size;
    up.forEach((depth, node) => state.depths.set(node, -depth));
    down.forEach((depth, node) => state.depths.set(node, up.has(node) ? "both" : depth));
    state.depths.set(index, 0);
  }

  /* The panel. */
  function make(name, text, look) {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (look) element.className = look;
    return element;
  }
  function fillPanel() {
    const panel = $("panel"), node = nodes[state.chosen];
    panel.replaceChildren();
    panel.scrollTop = 0;
    if (!node) {
      panel.append(make("h1", "Asset graph"), ...graph.overview.flatMap(sectionOf));
      return;
    }
    const close = make("button", "×", "close");
    close.setAttribute("aria-label", "Close");
    close.onclick = () => choose(-1);
    panel.append(close, make("h1", node.name));
    graph.tools.filter((tool) => node.tools.includes(tool.colour) && node.names.includes(tool.index))
      .forEach((tool) => panel.append(make("span", tool.name, "badge tool-" + tool.colour)));
    panel.append(make("p", `${state.up} upstream · ${state.down} downstream`, "reach"), ...node.sections.flatMap(sectionOf));
    panel.append(...neighbours("Upstream", into[state.chosen], "from"), ...neighbours("Downstream", outof[state.chosen], "to"));
  }
  function neighbours(title, some, end) {
    const rows = some.map((index) => {
      const link = links[index], kind = (link.trigger ? "trigger" : "data") + (link.crossing ? ", cross-tool" : "");
      return [[nodes[link[end]].uri, link[end]], kind, link.jobs];
    });
    return rows.length ? sectionOf({ title, head: ["asset", "link", "by"], rows }) : [];
  }
  function sectionOf({ title, head, rows }) {
    const table = make("table", undefined, !head.length && rows[0].length > 1 ? "pairs" : "");
    if (head.length) {
      const line = make("tr");
      head.forEach((name) => line.append(make("th", name)));
      table.append(line);
    }
    rows.forEach((row) => table.append(rowOf(row)));
    const frame = make("div", undefined, "table");
    frame.append(table);
    return [make("h2", title), frame];
  }
  function rowOf(row) {
    const line = make("tr", undefined, ["dropped", "approximated"].includes(row[0]) ? row[0] : "");
    row.forEach((cell) => {
      const place = make("td", typeof cell === "string" ? cell : undefined);
      if (typeof cell !== "string") {
        const button = make("button", cell[0]);
        button.onclick = () => choose(cell[1], true);
        place.append(button);
      }
      line.append(place);
    });
    return line;
  }
  function fillLegend() {
    const entry = (look, text) => {
      const span = make("span");
      span.append(make("i", undefined, look), make("span", text));
      $("legend").append(span);
    };
    graph.tools.forEach((tool) => entry("tool-" + tool.colour, tool.name));
    entry("link", "data");
    entry("link trigger", "trigger");
    entry("link crossing", "cross-tool");
  }

  /* Search. */
  function search() {
    const wanted = $("search").value.trim().toLowerCase();
    state.matches = [];
    if (wanted) nodes.forEach((node, index) => {
      if ((node.uri + "\n" + node.name).toLowerCase().includes(wanted)) state.matches.push(index);
    });
    state.matched = new Set(state.matches);
    state.at = -1;
    $("matches").textContent = wanted ? `${state.matches.length} found` : "";
    ask();
  }
  function cycle(step) {
    const all = state.matches;
    if (!all.length) return;
    state.at = (state.at + step + all.length) % all.length;
    $("matches").textContent = `${state.at + 1} of ${all.length}`;
    choose(all[state.at], true);
  }

  /* Moving. */
  function free() {
    const panel = $("panel").getBoundingClientRect(), wide = canvas.clientWidth > 900;
    return { width: wide ? panel.left : canvas.clientWidth, height: wide ? canvas.clientHeight : panel.top };
  }
  function moveTo(index) {
    const room = free(), node = nodes[index], x = (node.x - view.x) * view.scale, y = (node.y - view.y) * view.scale;
    const half = (WIDTH / 2) * view.scale;
    if (view.scale >= NEAR && x > half && x < room.width - half && y > 80 && y < room.height - 40) return;
    view.scale = Math.max(view.scale, 0.75);
    view.x = nodes[index].x - room.width / 2 / view.scale;
    view.y = nodes[index].y - room.height / 2 / view.scale;
  }
  function zoom(factor, x, y) {
    const scale = Math.min(3, Math.max(0.002, view.scale * factor));
    view.x += x / view.scale - x / scale;
    view.y += y / view.scale - y / scale;
    view.scale = scale;
    ask();
  }
  function zoomCentre(factor) {
    const room = free();
    zoom(factor, room.width / 2, room.height / 2);
  }
  function fit() {
    if (!nodes.length) return;
    let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
    nodes.forEach((node, index) => {
      if (isHidden(index)) return;
      left = Math.min(left, node.x - WIDTH / 2); right = Math.max(right, node.x + WIDTH / 2);
      top = Math.min(top, node.y - HEIGHT); bottom = Math.max(bottom, node.y + HEIGHT);
    });
    if (left === Infinity) return;
    const room = free(), low = canvas.clientWidth > 900 ? 66 : 0, tall = room.height - 66 - low;
    view.scale = Math.min(1.15, (room.width - 48) / (right - left), tall / (bottom - top));
    view.x = (left + right) / 2 - room.width / 2 / view.scale;
    view.y = (top + bottom) / 2 - (66 + tall / 2) / view.scale;
    ask();
  }
  function walk(key) {
    const at = nodes[state.chosen], side = key === "ArrowLeft" ? into : outof, end = key === "ArrowLeft" ? "from" : "to";
    let others = nodes.map((_, index) => index).filter((index) => index !== state.chosen && !isHidden(index));
    if (key === "ArrowLeft" || key === "ArrowRight") others = side[state.chosen].map((link) => links[link][end]);
    else others = others.filter((index) => Math.abs(nodes[index].x - at.x) < 1 && (key === "ArrowUp" ? nodes[index].y < at.y : nodes[index].y > at.y));
    const near = (index) => Math.abs(nodes[index].y - at.y);
    const next = others.reduce((best, index) => (best < 0 || near(index) < near(best) ? index : best), -1);
    if (next >= 0) choose(next, true);
  }
  const PAN = { ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80] };
  const KEYS = { "+": () => zoomCentre(1.25), "=": () => zoomCentre(1.25), "-": () => zoomCentre(0.8), 0: fit };
  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return escape();
    if (/^(INPUT|SELECT)$/.test(event.target.tagName)) return;
    if (event.key === "/") { $("search").focus(); $("search").select(); event.preventDefault(); }
    else if (KEYS[event.key]) KEYS[event.key]();
    else if (PAN[event.key] && !$("panel").contains(event.target)) {
      event.preventDefault();
      if (state.chosen >= 0) walk(event.key); else pan(PAN[event.key]);
    }
  }
  function pan([dx, dy]) {
    view.x += dx / view.scale;
    view.y += dy / view.scale;
    ask();
  }
  function escape() {
    if ($("search").value) { $("search").value = ""; search(); }
    choose(-1);
    canvas.focus();
  }
  function hit(event) {
    const x = view.x + event.clientX / view.scale, y = view.y + event.clientY / view.scale;
    for (let i = nodes.length - 1; i >= 0; i--) {
      if (Math.abs(nodes[i].x - x) <= WIDTH / 2 && Math.abs(nodes[i].y - y) <= HEIGHT / 2 && !isHidden(i)) return i;
    }
    return -1;
  }
  function hover(event) {
    const over = hit(event), tip = $("tip");
    canvas.classList.toggle("over", over >= 0);
    if (over !== state.over) { state.over = over; ask(); }
    tip.hidden = over < 0;
    if (over < 0) return;
    tip.textContent = nodes[over].uri;
    tip.style.left = Math.max(0, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)) + "px";
    tip.style.top = Math.max(0, Math.min(event.clientY + 16, innerHeight - tip.offsetHeight - 8)) + "px";
  }
  const fingers = new Map();
  let moved = 0;
  function down(event) {
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (fingers.size === 1) moved = 0;
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
  }
  function move(event) {
    const before = fingers.get(event.pointerId);
    if (!before) return hover(event);
    const here = [event.clientX, event.clientY], other = [...fingers].find(([id]) => id !== event.pointerId);
    fingers.set(event.pointerId, here);
    moved += Math.abs(here[0] - before[0]) + Math.abs(here[1] - before[1]);
    if (other) {
      const gap = (point) => Math.hypot(point[0] - other[1][0], point[1] - other[1][1]) || 1;
      zoom(gap(here) / gap(before), other[1][0], other[1][1]);
    } else if (moved > 4) {
      canvas.classList.add("dragging");
      $("tip").hidden = true;
      pan([before[0] - here[0], before[1] - here[1]]);
    }
  }
  function up(event) {
    const alone = fingers.size === 1 && fingers.delete(event.pointerId);
    fingers.delete(event.pointerId);
    canvas.classList.remove("dragging");
    if (alone && moved <= 4 && event.type === "pointerup") choose(hit(event));
  }
  function fromHash() {
    const wanted = /^#node=(.*)$/.exec(location.hash);
    let id = null;
    try { id = wanted && decodeURIComponent(wanted[1]); } catch (error) { if (!(error instanceof URIError)) throw error; }
    const index = id === null ? -1 : nodes.findIndex((node) => node.id === id);
    if (index !== state.chosen) choose(index, true);
  }

  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => { $("tip").hidden = true; });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 20 : 1;
    zoom(Math.exp(-Math.max(-200, Math.min(200, event.deltaY * lines)) * 0.0022), event.clientX, event.clientY);
  }, { passive: false });
  document.addEventListener("keydown", onKey);
  $("search").addEventListener("input", search);
  $("search").addEventListener("keydown", (event) => { if (event.key === "Enter") cycle(event.shiftKey ? -1 : 1); });
  $("depth").addEventListener("change", () => choose(state.chosen));
  $("crossing").addEventListener("change", (event) => { state.crossing = event.target.checked; fit(); ask(); });
  $("in").addEventListener("click", () => zoomCentre(1.25));
  $("out").addEventListener("click", () => zoomCentre(0.8));
  $("fit").addEventListener("click", fit);
  addEventListener("resize", ask);
  addEventListener("hashchange", fromHash);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); ask(); });
  readColours();
  fillLegend();
  fillPanel();
  $("empty").hidden = nodes.length > 0;
  fit();
  fromHash();
  ask();
})();
