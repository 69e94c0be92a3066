// What a page cannot do by itself: copy, find, and leave boxes out of the order of the keyboard that have nothing to
// scroll. Whoever runs no script has every word of every page.
'use strict';

// A box is reached by Tab while it is narrower than what is in it.
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute('tabindex');
  }
});
for (const box of document.querySelectorAll('pre, .wide')) sizes.observe(box);

// What is copied of a console is what was typed, not what was printed to it.
function typed(pre) {
  if (pre.dataset.kind !== 'console') return pre.textContent;
  return pre.textContent.split('\n').filter((line) => line.startsWith('$ ')).map((line) => line.slice(2) + '\n').join('');
}

// Browsers have a clipboard where nobody can listen: over TLS, and on the same machine.
if (navigator.clipboard) {
  for (const pre of document.querySelectorAll('.code > pre')) {
    const button = document.createElement('button');
    button.className = 'copy';
    button.type = 'button';
    button.textContent = 'Copy';
    button.addEventListener('click', async () => {
      const done = await navigator.clipboard.writeText(typed(pre)).then(() => 'Copied', () => 'Not allowed');
      button.textContent = done;
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    });
    button.setAttribute('aria-live', 'polite');
    pre.after(button);
  }
}

// Finding hides what does not have all of the words.
function find(bar) {
  const what = bar.dataset.find;
  const hits = [...document.querySelectorAll('.operation')].map((section) => ({ section, text: section.textContent.toLowerCase() }));
  const entries = new Map([...document.querySelectorAll('.contents a')].map((a) => [a.hash.slice(1), a.parentElement]));
  const label = document.createElement('label');
  label.htmlFor = 'find';
  label.textContent = `Find ${what}`;
  const input = document.createElement('input');
  Object.assign(input, { id: 'find', type: 'search', placeholder: `such as ${bar.dataset.example} · press /`, autocomplete: 'off', spellcheck: false });
  const count = document.createElement('output');
  count.htmlFor = 'find';
  bar.append(label, input, count);
  bar.hidden = false;

  const show = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { section, text } of hits) {
      section.hidden = !words.every((word) => text.includes(word));
      if (entries.has(section.id)) entries.get(section.id).hidden = section.hidden;
      if (!section.hidden) shown++;
    }
    for (const group of document.querySelectorAll('.group')) {
      group.hidden = !group.querySelector('.operation:not([hidden])');
      const entry = entries.get(group.querySelector('h2').id);
      if (entry) entry.hidden = group.hidden;
    }
    count.textContent = words.length ? `${shown} of ${hits.length}` : '';
  };
  const clear = () => { input.value = ''; show(); };
  input.addEventListener('input', show);
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') clear();
    if (event.key === 'Enter') hits.find(({ section }) => !section.hidden)?.section.scrollIntoView();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    event.preventDefault();
    input.focus();
  });
  // A link to what is hidden shows it.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target?.closest('[hidden]')) return;
    clear();
    target.scrollIntoView();
  };
  addEventListener('hashchange', reveal);
}
for (const bar of document.querySelectorAll('[data-find]')) find(bar);
