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
