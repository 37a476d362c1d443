// Live updates. Everything here repeats what the server has rendered already, so a page without it is complete, only still.

const width = 600, height = 200;

async function get(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return response.json();
}

/** Of a long curve, the lowest and the highest point of each column: no spike is lost. */
function thin(points, key, last) {
  if (points.length <= 2 * width) return points;
  const kept = [];
  for (const column of Map.groupBy(points, m => Math.floor(m.step * width / last)).values()) {
    let low = column[0], high = column[0];
    for (const m of column) { if (m.values[key] < low.values[key]) low = m; if (m.values[key] > high.values[key]) high = m; }
    kept.push(...(low === high ? [low] : low.step < high.step ? [low, high] : [high, low]));
  }
  return kept;
}

/** Follows one job: events say that something changed, the API says what. */
function followJob(root) {
  const id = root.dataset.job, metrics = [];
  const field = name => root.querySelector(`[data-field="${name}"]`);
  const put = (name, text) => { const e = field(name); if (e && e.textContent !== text) { e.textContent = text; e.closest('[hidden]')?.removeAttribute('hidden'); } };
  let busy = false, again = false;

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const job = await get(`/api/v1/jobs/${id}`);
      await pull();
      show(job);
      if (['completed', 'failed', 'cancelled'].includes(job.state)) finish();
    } catch { /* the server restarts; the next event or tick asks again */ }
    busy = false;
    if (again) { again = false; refresh(); }
  }

  async function pull() {
    for (let page = { next_cursor: '' }; page.next_cursor !== undefined && page.next_cursor !== null;) {
      page = await get(`/api/v1/jobs/${id}/metrics?after=${metrics.length ? metrics[metrics.length - 1].step : 0}&limit=5000`);
      metrics.push(...page.items);
    }
  }

  function show(job) {
    const state = job.cancel_requested && job.state === 'running' ? 'cancelling' : job.state;
    put('state', state); put('phase', job.phase); put('step', String(job.step)); put('total', String(job.total_steps));
    if (field('state')) field('state').className = `state ${state}`;
    if (field('progress')) field('progress').value = job.progress;
    draw(job.total_steps);
    const last = key => metrics.findLast(m => key in m.values)?.values[key];
    const number = (key, text) => { if (last(key) !== undefined) put(key, text(last(key))); };
    number('loss', v => v.toFixed(4)); number('eval_loss', v => v.toFixed(4)); number('learning_rate', v => v.toPrecision(3));
    number('grad_norm', v => v.toFixed(3)); number('tokens_per_second', v => v.toFixed(0));
  }

  function draw(total) {
    let low = Infinity, high = -Infinity;
    for (const m of metrics) for (const v of [m.values.loss, m.values.eval_loss]) if (Number.isFinite(v)) { low = Math.min(low, v); high = Math.max(high, v); }
    if (low > high) return;
    const margin = Math.max((high - low) * 0.05, Math.abs(high) * 1e-3, 1e-9), last = Math.max(total, metrics[metrics.length - 1].step);
    low -= margin; high += margin;
    put('top', high.toFixed(2)); put('bottom', low.toFixed(2)); put('last', String(last));
    for (const line of root.querySelectorAll('[data-series]')) {
      const points = thin(metrics.filter(m => Number.isFinite(m.values[line.dataset.series])), line.dataset.series, last);
      line.setAttribute('points', points.map(m => `${(m.step / last * width).toFixed(1)},${((high - m.values[line.dataset.series]) / (high - low) * height).toFixed(1)}`).join(' '));
    }
  }

  const events = new EventSource(`/api/v1/events?subject=${id}`);
  events.onmessage = refresh;
  for (const type of ['work.progress', 'work.state']) events.addEventListener(type, refresh);
  const tick = setInterval(refresh, 2000);
  function finish() { events.close(); clearInterval(tick); if (root.dataset.ended === '0') location.reload(); root.dataset.ended = '1'; }
  refresh();
}

/** Lists are re-rendered by the server; only the table is exchanged, so focus and scroll position stay. */
function followTable() {
  const focused = () => document.activeElement?.closest('[data-live-table]');
  setInterval(async () => {
    if (document.hidden || focused()) return;
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html');
      const table = page.querySelector('[data-live-table]');
      if (table) document.querySelector('[data-live-table]').replaceWith(document.importNode(table, true));
    } catch { /* the server restarts; the next tick asks again */ }
  }, 3000);
}

/** Streams answers into the conversation. */
function chat(form) {
  const list = form.querySelector('.chat'), prompt = form.elements.prompt, button = form.querySelector('button'), messages = [];
  const add = (kind, text) => { const item = document.createElement('li'); item.className = kind; item.textContent = text; list.append(item); return item; };
  prompt.addEventListener('keydown', e => { if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); form.requestSubmit(); } });
  form.addEventListener('submit', async e => {
    e.preventDefault();
    const text = prompt.value.trim();
    if (!text || button.disabled) return;
    button.disabled = true;
    prompt.value = '';
    add('user', text);
    messages.push({ role: 'user', content: text });
    const item = add('assistant', '');
    try {
      const content = await answer(form.elements.model.value, messages, piece => { item.textContent += piece; });
      messages.push({ role: 'assistant', content });
      if (!content) { item.className = 'empty'; item.textContent = 'The model ended its answer at once.'; }
    } catch (error) {
      item.className = 'failed';
      item.textContent = error.message;
      messages.pop();
    }
    button.disabled = false;
    prompt.focus();
  });
  prompt.focus();
}

async function answer(model, messages, onText) {
  const response = await fetch('/v1/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model, messages, stream: true, temperature: 0 }) });
  if (!response.ok) throw new Error((await response.json().catch(() => null))?.error?.message ?? `The server answered ${response.status}.`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '', said = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error('The answer broke off.');
    rest += value;
    const lines = rest.split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line === 'data: [DONE]') return said;
      if (!line.startsWith('data: ')) continue;
      const piece = JSON.parse(line.slice(6)).choices?.[0]?.delta?.content;
      if (piece) { said += piece; onText(piece); }
    }
  }
}

document.querySelectorAll('[data-without-script]').forEach(e => e.remove());
document.querySelectorAll('[data-job][data-ended="0"]').forEach(followJob);
if (document.querySelector('[data-live-table]')) followTable();
document.querySelectorAll('[data-chat]').forEach(chat);
