import type { RunFacts } from './find-run.ts';
import { html, type Html } from './html.ts';
import { moneyTotals, type MoneyTotal } from './money.ts';
import { capacityRows, codeLines, countOf, OUTCOMES } from './report-text.ts';
import { ENTITIES } from '../run/deps.ts';
import type { ItemOutcome, MoneyLine, RunSummary } from '../run/verify-run.ts';

const count = (value: number): string => value.toLocaleString('en');

/** Thousands apart, digit by digit, so that nothing is rounded. */
export function money(amount: string): string {
  return amount.replaceAll(/\B(?=(?:\d{3})+\.)/g, ',');
}

export function headline(run: RunFacts, summary: RunSummary): Html {
  const warned = summary.warnings.reduce((sum, { rows }) => sum + rows, 0);
  const all = (outcome: ItemOutcome) =>
    ENTITIES.reduce((sum, entity) => sum + countOf(summary, entity, outcome), 0);
  const verb = run.dryRun ? 'would be migrated' : 'migrated';
  const numbers: [number, string][] = [
    [countOf(summary, 'service', 'migrated'), `services ${verb}`],
    [countOf(summary, 'client', 'migrated'), `clients ${verb}`],
    [countOf(summary, 'user', 'migrated'), `users ${verb}`],
    [all('quarantined'), 'rows quarantined'],
    [all('skipped'), 'rows skipped'],
    [warned, 'warnings'],
  ];
  return html`<div class="numbers">
    ${numbers.map(
      ([value, name]) => html`<div class="number"><b>${count(value)}</b><span>${name}</span></div>`,
    )}
  </div>`;
}

export function outcomesSection(summary: RunSummary): Html {
  const bars = ENTITIES.filter((entity) => countOf(summary, entity) > 0).map((entity) => {
    const counts = OUTCOMES.map((outcome) => ({ outcome, value: countOf(summary, entity, outcome) }));
    const text = counts.map(({ outcome, value }) => `${count(value)} ${outcome}`).join(', ');
    return html`<div class="entity">
      <h3>${count(countOf(summary, entity))} ${entity}s</h3>
      <div class="bar" role="img" aria-label="${text}">
        ${counts
          .filter(({ value }) => value > 0)
          .map(({ outcome, value }) => html`<i class="${outcome}" style="flex:${value} 0 0"></i>`)}
      </div>
      <div class="legend" aria-hidden="true">
        ${counts.map(
          ({ outcome, value }) => html`<span><i class="${outcome}"></i>${count(value)} ${outcome}</span>`,
        )}
      </div>
    </div>`;
  });
  return html`<section>
    <h2>What becomes of every row</h2>
    ${bars}
  </section>`;
}

/** Codes with their counts as bars; empty when there are none. */
export function codesSection(summary: RunSummary, outcome: ItemOutcome, title: string): Html {
  const lines = codeLines(summary, outcome);
  const most = lines[0]?.count ?? 0;
  if (most === 0) return html``;
  const color = outcome === 'migrated' ? 'warned' : outcome;
  const hasRemedy = outcome !== 'skipped';
  const rows = lines.map(
    ({ code, count: value, entities, meaning, remedy }) =>
      html`<tr>
        <td class="code">
          <code>${code}</code>
          <div class="weight" aria-hidden="true">
            <i class="${color}" style="width:${((value / most) * 100).toFixed(1)}%"></i>
          </div>
        </td>
        <td data-label="Rows">${entities}</td>
        <td class="text">${meaning}</td>
        ${hasRemedy ? html`<td class="text" data-label="What to do">${remedy}</td>` : html``}
      </tr> `,
  );
  return html`<section>
    <h2>${title}</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="${title}">
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Code</th>
            <th scope="col">Rows</th>
            <th scope="col">Meaning</th>
            ${hasRemedy ? html`<th scope="col">What to do</th>` : html``}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </section>`;
}

export function moneySection({ money: lines }: RunSummary): Html {
  if (lines.length === 0) return html``;
  const isOpen = lines.some(({ isEqual }) => !isEqual);
  return html`<section>
    <h2>Money</h2>
    <p class="muted">
      What services are billed per cycle, summed up exactly. The source is what WHMCS itself adds up. A line
      agrees when that is the sum of the three: what Berth bills, what is quarantined, what is skipped.
    </p>
    ${moneyTable(moneyTotals(lines), ['Currency'])}
    <details${isOpen ? ' open' : ''}>
      <summary>By billing cycle and status (${count(lines.length)} lines)</summary>
      ${moneyTable(lines, ['Currency', 'Cycle', 'Status'])}
    </details>
  </section>`;
}

const MONEY_COLUMNS = ['source', 'migrated', 'quarantined', 'skipped'] as const;

function moneyTable(lines: (MoneyLine | MoneyTotal)[], names: string[]): Html {
  const keys = (line: MoneyLine | MoneyTotal) =>
    'cycle' in line ? [line.currency, line.cycle, line.status] : [line.currency];
  const rows = lines.map(
    (line) =>
      html`<tr>
        ${keys(line).map((key) => html`<td class="key">${key || 'none'}</td>`)}
        <td class="n" data-label="services">${count(line.services)}</td>
        ${MONEY_COLUMNS.map((name) => html`<td class="n" data-label="${name}">${money(line[name])}</td>`)}
        <td class="${line.isEqual ? 'ok' : 'differs'}">${line.isEqual ? 'agrees' : 'differs'}</td>
      </tr>`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Sums by ${names.join(', ')}">
    <table class="cards">
      <thead>
        <tr>
          ${names.map((name) => html`<th scope="col">${name}</th>`)}
          ${['Services', 'Source', 'Migrated', 'Quarantined', 'Skipped'].map(
            (name) => html`<th scope="col" class="n">${name}</th>`,
          )}
          <th scope="col" class="check">Check</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

export function sizesSection(summary: RunSummary): Html {
  const [[, ...head] = [], ...rows] = capacityRows(summary);
  if (rows.length === 0) return html``;
  return html`<section>
    <h2>Sizes of migrated servers</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Sizes">
      <table>
        <thead>
          <tr>
            <th scope="col">Size</th>
            ${head.map((name) => html`<th scope="col" class="n">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ([name = '', ...values]) =>
              html`<tr>
                <td>${name}</td>
                ${values.map((value) => html`<td class="n">${Number(value).toLocaleString('en')}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** A table of texts, its head first; empty when it has no rows. `numbers` are the columns of numbers. */
export function tableSection(title: string, note: string, rows: string[][], numbers: number[] = []): Html {
  const [head = [], ...body] = rows;
  if (body.length === 0) return html``;
  const of = (n: number) => (numbers.includes(n) ? 'n' : 'text');
  return html`<section>
    <h2>${title}</h2>
    <p class="muted">${note}</p>
    <div class="scroll" tabindex="0" role="region" aria-label="${title}">
      <table>
        <thead>
          <tr>
            ${head.map((name, n) => html`<th scope="col" class="${of(n)}">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${body.map(
            (cells) =>
              html`<tr>
                ${cells.map((cell, n) => html`<td class="${of(n)}">${cell}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}
