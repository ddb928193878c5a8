/** The look of the page: light and dark, narrow and wide, on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --text: #1c2127; --muted: #5a6472; --line: #d9dde3;
  --migrated: #1f7a4d; --quarantined: #b4540a; --skipped: #7b8694; --accent: #2d5fb3; --bad: #b3261e;
  --track: #e6e9ee;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --card: #1d2229; --text: #e7eaef; --muted: #a3adba; --line: #343b45;
    --migrated: #4cc38a; --quarantined: #f0a35e; --skipped: #7c8796; --accent: #8ab4f8; --bad: #ff8a80;
    --track: #2b323b;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 0 0 12px; }
h3 { font-size: 1rem; margin: 20px 0 6px; }
p { margin: 0 0 10px; }
.muted { color: var(--muted); }
code { font: 0.87em ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 18px 20px; margin-top: 18px; }
.verdict { border-left: 5px solid var(--migrated); }
.verdict.bad { border-left-color: var(--bad); }
.verdict p:last-child, .notice p:last-child { margin: 0; }
.notice { border-left: 5px solid var(--quarantined); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 10px 0 0; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 18px; }
.number { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; }
.number b { display: block; font-size: 1.7rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.number span { color: var(--muted); font-size: 0.9rem; }
.bar { display: flex; gap: 2px; height: 18px; border-radius: 4px; overflow: hidden; background: var(--track); margin: 2px 0 2px; }
.bar i { display: block; min-width: 2px; }
.warned { background: var(--accent); }
.migrated { background: var(--migrated); } .quarantined { background: var(--quarantined); } .skipped { background: var(--skipped); }
.entity { margin-bottom: 14px; }
.entity:last-child { margin-bottom: 0; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 18px; font-size: 0.9rem; color: var(--muted); font-variant-numeric: tabular-nums; }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
caption { text-align: left; color: var(--muted); padding-bottom: 6px; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--muted); white-space: nowrap; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
td:last-child, th:last-child { padding-right: 0; }
td.code { min-width: 210px; }
td.ok, td.differs, th.check { padding-left: 16px; }
td.row { white-space: nowrap; }
details { margin-top: 14px; }
summary { cursor: pointer; font-weight: 600; padding: 4px 0; }
summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
td.text { min-width: 220px; overflow-wrap: anywhere; }
.weight { height: 6px; border-radius: 3px; background: var(--track); margin-top: 4px; min-width: 90px; }
.weight i { display: block; height: 100%; border-radius: 3px; min-width: 3px; }
.ok { color: var(--migrated); } .differs { color: var(--bad); font-weight: 700; }
.tag { font-size: 0.85rem; white-space: nowrap; }
.tag i { display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 6px; }
label { display: block; font-weight: 600; margin-bottom: 4px; }
input[type='search'] { width: 100%; max-width: 460px; font: inherit; color: inherit; background: var(--page); border: 1px solid var(--muted); border-radius: 6px; padding: 7px 10px; }
input[type='search']:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.search { margin-bottom: 12px; }
[hidden] { display: none !important; }
@media (max-width: 600px) {
  main { padding: 16px 12px 40px; }
  section { padding: 14px; }
  .facts { grid-template-columns: 1fr; }
  .facts dd { margin-bottom: 6px; }
  .numbers { grid-template-columns: 1fr 1fr; }
  /* Long tables become a card per row. */
  .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .cards, .cards tbody, .cards tr, .cards td { display: block; }
  .cards tr { border-bottom: 1px solid var(--line); padding: 8px 0; }
  .cards tr:last-child { border-bottom: 0; }
  .cards td, .cards td.n { border: 0; padding: 1px 0; text-align: left; white-space: normal; min-width: 0; }
  .cards td.key { display: inline; font-weight: 600; }
  .cards td.key:not(:last-of-type)::after { content: ' '; }
  .cards td.ok, .cards td.differs { padding-left: 0; }
  .cards td[data-label]::before { content: attr(data-label) ': '; color: var(--muted); }
}
td[data-label='Rows'], #exceptions td:first-child { white-space: nowrap; }
@media print {
  :root { --page: #fff; --card: #fff; --text: #000; --muted: #444; --line: #bbb; --track: #eee; --migrated: #1f7a4d; --quarantined: #b4540a; --skipped: #7b8694; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  section { border: 0; padding: 0; margin-top: 20px; }
  .verdict, .notice { border-left: 5px solid var(--migrated); padding-left: 12px; }
  h2, .entity, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  .search { display: none; }
  details::details-content { content-visibility: visible; height: auto; }
  .scroll { overflow: visible; }
  .bar i, .weight i, .legend i, .tag i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;

/** Filters the list of exceptions; without it the list is all there. */
export const SCRIPT = `
const input = document.querySelector('#filter');
const rows = [...document.querySelectorAll('#exceptions tbody tr')];
const texts = rows.map((row) => row.textContent.toLowerCase());
const status = document.querySelector('#shown');
input?.addEventListener('input', () => {
  const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  rows.forEach((row, n) => {
    row.hidden = !words.every((word) => texts[n].includes(word));
    if (!row.hidden) shown += 1;
  });
  status.textContent = words.length ? shown + ' of ' + rows.length + ' rows fit' : '';
});
`;
