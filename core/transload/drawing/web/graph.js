/* The graph that stands in #graph, and where its links run. Text reaches the page by textContent and fillText only. */
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
