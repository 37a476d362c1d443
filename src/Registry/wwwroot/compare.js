// The page that compares runs: every choice asks the server for the same page with that choice, and exchanges what it answers.

import { read } from 'temper/chart';

export function compare(form) {
  const output = form.querySelector('output'), range = form.elements.smooth;
  let latest = 0, timer;

  async function show() {
    const query = `?${new URLSearchParams(new FormData(form))}`, mine = ++latest;
    try {
      const page = new DOMParser().parseFromString(await (await fetch(`/compare${query}`)).text(), 'text/html');
      const fresh = page.querySelector('[data-part="compared"]'), old = document.querySelector('[data-part="compared"]');
      if (mine !== latest || !fresh || old.contains(document.activeElement)) return;
      const open = [...old.querySelectorAll('details')].map(e => e.open), made = document.importNode(fresh, true);
      made.querySelectorAll('details').forEach((e, i) => { e.open = open[i] ?? false; });
      old.replaceWith(made);
      made.querySelectorAll('[data-chart]').forEach(read);
      form.dataset.running = page.querySelector('[data-compare]').dataset.running;
      history.replaceState(null, '', query);
    } catch { /* the server restarts; the next choice or tick asks again */ }
  }

  form.addEventListener('input', () => { output.textContent = range.value; clearTimeout(timer); timer = setTimeout(show, 150); });
  form.addEventListener('submit', e => { e.preventDefault(); show(); });
  document.querySelectorAll('[data-chart]').forEach(read);
  setInterval(() => { if (form.dataset.running === '1' && !document.hidden) show(); }, 3000);
}
