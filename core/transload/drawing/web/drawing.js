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
