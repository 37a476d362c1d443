// Live updates. Everything here repeats what the server has rendered already, so a page without it is complete, only still.

const readCharts = root => { const figures = root.querySelectorAll('[data-chart]'); if (figures.length) import('temper/chart').then(module => figures.forEach(module.read)); };

/** Lists are re-rendered by the server; only the table is exchanged, so focus and scroll position stay. */
function followTable() {
  const focused = () => document.activeElement?.closest('[data-live-table]');
  setInterval(async () => {
    if (document.hidden || focused()) return;
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html');
      const table = page.querySelector('[data-live-table]');
      if (!table || focused()) return;
      const old = document.querySelector('[data-live-table]'), fresh = document.importNode(table, true);
      for (const box of old.querySelectorAll('input:checked')) fresh.querySelector(`input[value="${CSS.escape(box.value)}"]`)?.setAttribute('checked', '');
      old.replaceWith(fresh);
      for (const part of page.querySelectorAll('[data-live-part]')) {
        const shown = document.querySelector(`[data-live-part="${CSS.escape(part.dataset.livePart)}"]`);
        if (!shown || shown.contains(document.activeElement) || shown.querySelector('details[open]')) continue;
        const made = document.importNode(part, true);
        shown.replaceWith(made);
        readCharts(made);
      }
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
const job = document.querySelector('[data-job]');
if (job) import('temper/job').then(module => module.page(job));
const compared = document.querySelector('[data-compare]');
if (compared) import('temper/compare').then(module => module.compare(compared));
if (!job && !compared) readCharts(document);
if (document.querySelector('[data-live-table]:not([data-live-table="still"])')) followTable();
document.querySelectorAll('[data-chat]').forEach(chat);
