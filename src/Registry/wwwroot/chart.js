// Draws what comes later on charts that the server has drawn already (Ui/Charts/Chart.cs has the same rules), and reads values off every chart.

const width = 600, height = 200, mostSteps = 1200, mostPieces = 600, mostRows = 25;

export function shown(unit, value) {
  if (unit !== 'bytes') return Math.abs(value) >= 1000 && Math.abs(value) < 1e7 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(4)));
  const sizes = ['B', 'KiB', 'MiB', 'GiB'], power = Math.min(3, Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10)));
  return `${(value / 1024 ** power).toFixed(power === 0 ? 0 : power === 3 ? 2 : 1)} ${sizes[power]}`;
}

const place = (x, unit = 'step', last = x) => unit === 'second' && last < 100 ? x.toFixed(1) : Math.round(x).toLocaleString('en-US');

/** Of a long curve, the lowest and the highest point of each stretch: no spike is lost. */
export function thin(points) {
  const last = points.length ? points[points.length - 1][0] : 0;
  if (last <= mostSteps || points.length <= mostSteps) return points;
  const kept = [], stretch = Math.ceil(last / mostPieces);
  let low = points[0], high = points[0];
  const take = () => kept.push(...(low === high ? [low] : low[0] < high[0] ? [low, high] : [high, low]));
  for (const point of points) {
    if (Math.floor(point[0] / stretch) !== Math.floor(low[0] / stretch)) { take(); low = high = point; continue; }
    if (point[1] < low[1]) low = point;
    if (point[1] > high[1]) high = point;
  }
  take();
  return kept;
}

/** Draws a figure from a map of series, each an array of [x, y] in order of x. */
export function draw(figure, series, marks, planned) {
  const svg = figure.querySelector('svg'), unit = figure.dataset.unit;
  const lines = [...svg.querySelectorAll('polyline')].map(line => ({ line, key: line.dataset.series, points: thin(series.get(line.dataset.series) ?? []) }));
  let low = Infinity, high = -Infinity, last = planned;
  for (const { points } of lines) for (const [x, y] of points) { low = Math.min(low, y); high = Math.max(high, y); last = Math.max(last, x); }
  if (low > high) return;
  const margin = Math.max((high - low) * 0.05, Math.abs(high) * 1e-3, 1e-9);
  low = low >= 0 ? Math.max(0, low - margin) : low - margin;
  high += margin;
  Object.assign(svg.dataset, { low, high, lastX: last });
  for (const { line, key, points } of lines) {
    const spots = points.map(([x, y]) => [(x / last * width).toFixed(3), ((high - y) / (high - low) * height).toFixed(6)]);
    line.setAttribute('points', spots.map(spot => spot.join(',')).join(' '));
    svg.querySelector(`[data-dots="${CSS.escape(key)}"]`)?.setAttribute('d', spots.map(spot => `M${spot.join(' ')}h0`).join(''));
    const value = figure.querySelector(`[data-last="${CSS.escape(key)}"]`);
    if (points.length && value) { value.textContent = shown(unit, points[points.length - 1][1]); value.parentElement.hidden = false; }
  }
  figure.querySelector('[data-top]').textContent = shown(unit, high);
  figure.querySelector('[data-bottom]').textContent = shown(unit, low);
  figure.querySelector('[data-last-step]').textContent = place(last);
  svg.querySelector('desc').textContent = lines.map(({ line, points }) => points.length === 0 ? `${line.dataset.label}: nothing yet`
    : `${line.dataset.label}: from ${shown(unit, points[0][1])} at ${figure.dataset.x} ${place(points[0][0])} to ${shown(unit, points[points.length - 1][1])} at ${figure.dataset.x} ${place(points[points.length - 1][0])}`).join('. ') + '.';
  mark(figure, marks, low, high, last);
  if (figure.querySelector('details').open) table(figure, lines);
  figure.drawTable = () => table(figure, lines);
}

/** Places marks; those that are there already only move, so that whoever stands on one stays on it. */
function mark(figure, marks, low, high, last) {
  const list = figure.querySelector('.marks');
  while (list.children.length > marks.length) list.lastChild.remove();
  marks.forEach((found, i) => {
    const item = list.children[i] ?? list.appendChild(document.createElement('li'));
    const button = item.firstElementChild ?? item.appendChild(document.createElement('button'));
    button.type = 'button';
    button.className = `mark ${found.kind}`;
    button.title = found.text;
    button.setAttribute('aria-label', found.text);
    item.style.left = `${Math.min(1, found.step / last) * 100}%`;
    item.style.top = `${(found.value === undefined ? 0 : Math.min(1, Math.max(0, (high - found.value) / (high - low)))) * 100}%`;
  });
}

/** The same rows as the server's. */
function table(figure, lines) {
  const body = figure.querySelector('tbody'), places = [...new Set(lines.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const every = Math.max(1, Math.ceil(places.length / mostRows));
  const cell = (tag, text, name) => { const made = document.createElement(tag); made.textContent = text; if (name) made.className = name; else made.scope = 'row'; return made; };
  const rows = [];
  for (let i = (places.length - 1) % every; i >= 0 && i < places.length; i += every) {
    const row = document.createElement('tr');
    const values = lines.map(({ points }) => points.findLast(([x]) => x <= places[i]));
    row.append(cell('th', place(places[i])), ...values.map(found => cell('td', found ? shown(figure.dataset.unit, found[1]) : '', 'n')));
    rows.push(row);
  }
  body.replaceChildren(...rows);
}

/** Whoever points at a chart, or walks over it with the arrow keys, reads its values. */
export function read(figure) {
  const plot = figure.querySelector('.plot'), svg = plot.querySelector('svg'), out = figure.querySelector('.readout');
  const cross = plot.appendChild(document.createElement('div'));
  let at = -1;
  cross.className = 'cross';
  cross.hidden = true;
  plot.tabIndex = 0;
  plot.setAttribute('role', 'group');
  plot.setAttribute('aria-label', `${svg.querySelector('title').textContent}: arrow keys read its values`);
  const spots = line => line.getAttribute('points').split(' ').filter(Boolean).map(spot => spot.split(',').map(Number));
  const near = (list, x) => list.reduce((best, spot, i) => Math.abs(spot[0] - x) < Math.abs(list[best][0] - x) ? i : best, 0);

  function say(x) {
    const { low, high, lastX } = svg.dataset, lines = [...svg.querySelectorAll('polyline')].map(line => [line, spots(line)]).filter(([, list]) => list.length);
    if (!lines.length) return;
    const [, first] = lines[0];
    at = near(first, x);
    x = first[at][0];
    const words = [`${figure.dataset.x} ${place(x / width * lastX, figure.dataset.x, lastX)}`];
    for (const [line, list] of lines) {
      const spot = list[near(list, x)];
      if (Math.abs(spot[0] - x) <= width / 50) words.push(`${line.dataset.label} ${shown(figure.dataset.unit, high - spot[1] / height * (high - low))}`);
    }
    for (const item of figure.querySelectorAll('.marks li')) if (Math.abs(parseFloat(item.style.left) / 100 * width - x) < 3) words.push(item.firstElementChild.title);
    out.textContent = words.join(' · ');
    cross.style.left = `${x / width * 100}%`;
    cross.hidden = false;
  }

  plot.addEventListener('pointermove', e => { const box = svg.getBoundingClientRect(); say((e.clientX - box.left) / box.width * width); });
  plot.addEventListener('pointerleave', () => { cross.hidden = true; out.textContent = ''; });
  plot.addEventListener('focusin', e => { if (e.target.title) out.textContent = e.target.title; });
  plot.addEventListener('keydown', e => {
    const list = [...svg.querySelectorAll('polyline')].map(spots).find(all => all.length);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: (list?.length ?? 1) - 1 }[e.key];
    if (!list || to === undefined || e.target !== plot) return;
    e.preventDefault();
    say(list[Math.min(list.length - 1, Math.max(0, to))][0]);
  });
  figure.querySelector('details').addEventListener('toggle', () => figure.drawTable?.());
}
