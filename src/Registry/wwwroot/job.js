// The page of one job: follows its stream. Each message has a number; whoever was cut off asks for what comes after the last one seen, so nothing is missing.

import { draw, read } from 'temper/chart';

const plain = ['supervised_tokens', 'examples', 'skipped', 'elapsed_seconds'], over = ['completed', 'failed', 'cancelled'], mostLines = 2000;

async function get(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return response;
}

const wait = ms => new Promise(done => setTimeout(done, ms));

/** Asks until it is answered: a server that restarts is away for a while. */
async function insist(ask) {
  for (;;) {
    try { return await ask(); } catch { await wait(1000); }
  }
}

export function page(root) {
  root.querySelectorAll('[data-chart]').forEach(read);
  levels(root);
  if (root.dataset.ended === '0') follow(root);
}

function levels(root) {
  const log = root.querySelector('[data-part="log"]'), buttons = [...log.querySelectorAll('[data-level]')];
  log.querySelector('[data-with-script]').hidden = false;
  for (const button of buttons) button.addEventListener('click', () => {
    for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
    log.dataset.least = button.dataset.level;
  });
}

function follow(root) {
  const id = root.dataset.job, series = new Map(), marks = [];
  const field = name => root.querySelector(`[data-field="${name}"]`);
  const put = (name, text) => { const e = field(name); if (e && text !== undefined && e.textContent !== text) { e.textContent = text; e.closest('[hidden]')?.removeAttribute('hidden'); } };
  let seq = Number(root.dataset.seq), total = Number(field('total')?.textContent ?? 0), drawing = false, asked = 0, ended = false;

  /** A step that is made again replaces itself. */
  function add(step, values) {
    for (const [key, value] of Object.entries(values)) {
      if (!series.has(key)) series.set(key, []);
      const points = series.get(key);
      let at = points.length;
      while (at > 0 && points[at - 1][0] >= step) at--;
      points.splice(at, points[at]?.[0] === step ? 1 : 0, [step, value]);
    }
  }

  function redraw() {
    if (drawing) return;
    drawing = true;
    setTimeout(() => {
      drawing = false;
      for (const figure of root.querySelectorAll('[data-chart]')) draw(figure, series, figure.dataset.chart === 'loss' ? marks : [], total);
      const known = new Set([...root.querySelectorAll('[data-series]')].map(line => line.dataset.series).concat(plain));
      if ([...series.keys()].some(key => !known.has(key)) && Date.now() - asked > 3000) { asked = Date.now(); exchange('', ['curves', 'examples']); }
    }, 200);
  }

  /** Parts of the page that the server renders are exchanged whole; the focus stays where it was. */
  async function exchange(query, parts) {
    const text = await insist(async () => (await get(`/jobs/${id}${query}`)).text());
    const fresh = new DOMParser().parseFromString(text, 'text/html');
    for (const part of fresh.querySelectorAll('[data-part]')) {
      const old = root.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!old || !parts.includes(part.dataset.part) || old.innerHTML === part.innerHTML) continue;
      const focused = old.contains(document.activeElement) ? document.activeElement.name : null;
      const open = [...old.querySelectorAll('details')].map(e => e.open), made = document.importNode(part, true);
      made.querySelectorAll('details').forEach((e, i) => { e.open = open[i] ?? false; });
      old.replaceWith(made);
      made.querySelectorAll('[data-chart]').forEach(read);
      if (focused) (made.querySelector(`[name="${focused}"]`) ?? made.querySelector('button'))?.focus();
    }
    redraw();
  }

  const beside = () => exchange('?part=beside', ['reason', 'actions', 'marks', 'checkpoints', 'facts']);

  function line(entry) {
    const list = root.querySelector('[data-log]');
    if (entry.seq <= Number(list.dataset.log)) return;
    list.dataset.log = entry.seq;
    list.closest('section').hidden = false;
    const item = list.appendChild(document.createElement('li')), time = document.createElement('time'), level = document.createElement('span');
    item.className = entry.level;
    time.textContent = new Date(entry.at_ms).toISOString().slice(0, 19).replace('T', ' ') + ' UTC';
    [level.className, level.textContent] = ['level', entry.level];
    item.append(time, ' ', level, ' ', entry.text);
    if (list.children.length > mostLines) list.firstElementChild.remove();
  }

  function take(news) {
    seq = news.seq;
    for (const point of news.metrics) add(point.step, point.values);
    news.log.forEach(line);
    if (news.log.some(entry => entry.mark)) beside().then(marked);
    const { state, phase, step, total_steps: planned, progress } = news.data;
    if (planned) total = planned;
    if (news.type === 'work.progress') { put('phase', phase); put('step', String(step)); put('total', String(total)); ahead(progress); }
    if (news.type === 'work.state' || news.type === 'work.waits') { standing(); beside(); }
    if (over.includes(state) && news.type === 'work.state') finish();
    redraw();
  }

  /** What stands out is worded by the server. */
  async function marked() {
    const words = [...root.querySelectorAll('[data-part="marks"] li')].map(item => ({ kind: item.className, step: Number(item.dataset.step), value: item.dataset.value ? Number(item.dataset.value) : undefined, text: item.textContent.trim() }));
    marks.splice(0, marks.length, ...words.reverse());
    redraw();
  }

  function ahead(progress) {
    if (progress === undefined) return;
    field('progress').value = progress;
    put('percent', `${Math.round(progress * 100)} %`);
  }

  async function standing() {
    const job = await (await get(`/api/v1/jobs/${id}`)).json();
    const state = job.state === 'running' && job.cancel_requested ? 'cancelling' : job.state === 'running' && job.pause_requested ? 'pausing' : job.state;
    put('state', state);
    field('state').className = `state ${state}`;
    put('phase', job.phase); put('step', String(job.step)); put('total', String(job.total_steps));
    ahead(job.progress);
    const left = job.estimated_finish_ms - Date.now(), steps = job.total_steps - job.step;
    if (left > 0) put('left', left < 6e4 ? `${Math.max(1, Math.floor(left / 1e3))} s` : left < 36e5 ? `${Math.floor(left / 6e4)} min` : `${(left / 36e5).toFixed(1)} h`);
    if (left > 0 && steps > 0) put('rate', `${Number((steps * 1000 / left).toPrecision(3))} steps/s`);
    if (over.includes(job.state)) finish();
  }

  function finish() {
    if (ended) return;
    ended = true;
    location.reload();
  }

  function connect() {
    if (ended) return;
    const source = new EventSource(`/api/v1/jobs/${id}/stream?after=${seq}`);
    for (const type of ['work.state', 'work.progress', 'work.log', 'work.queued', 'work.waits']) source.addEventListener(type, e => take(JSON.parse(e.data)));
    source.addEventListener('end', () => { source.close(); finish(); });
    source.onerror = () => { source.close(); setTimeout(connect, 1000); };
  }

  async function begin() {
    const curves = await insist(async () => (await get(`/api/v1/jobs/${id}/series`)).json());
    for (const [key, points] of Object.entries(curves.series)) series.set(key, points);
    marked();
    connect();
    setInterval(() => standing().catch(() => { /* the server restarts; the next tick asks again */ }), 2000);
  }

  if (root.querySelector('[data-chart]')) begin(); else { connect(); setInterval(() => standing().catch(() => { /* as above */ }), 2000); }
}
