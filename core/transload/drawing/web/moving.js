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
