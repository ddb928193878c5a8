import type { RunFacts } from './find-run.ts';
import { html, type Html } from './html.ts';
import { capacityRows, codeLines, countOf, ENTITIES, OUTCOMES } from './report-text.ts';
import type { ItemOutcome, MoneyLine, Summary } from './summarise-run.ts';

const count = (value: number): string => value.toLocaleString('en');

/** Thousands apart, digit by digit, so that nothing is rounded. */
export function money(amount: string): string {
  return amount.replaceAll(/\B(?=(?:\d{3})+\.)/g, ',');
}

export function headline(run: RunFacts, summary: Summary): Html {
  const warned = summary.codes
    .filter(({ outcome }) => outcome === 'migrated')
    .reduce((sum, row) => sum + row.count, 0);
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

export function outcomesSection(summary: Summary): Html {
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
export function codesSection(summary: Summary, outcome: ItemOutcome, title: string): Html {
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

export function moneySection({ money: lines, moneyTotals }: Summary): Html {
  if (lines.length === 0) return html``;
  const isOpen = lines.some(({ agrees }) => !agrees);
  return html`<section>
    <h2>Money</h2>
    <p class="muted">
      What services are billed per cycle, summed up exactly. A line agrees when the source is the sum of the three,
      and what Berth bills is what was migrated.
    </p>
    ${moneyTable(moneyTotals, ['Currency'])}
    <details${isOpen ? ' open' : ''}>
      <summary>By billing cycle and status (${count(lines.length)} lines)</summary>
      ${moneyTable(lines, ['Currency', 'Cycle', 'Status'])}
    </details>
  </section>`;
}

const MONEY_COLUMNS = ['source', 'migrated', 'quarantined', 'skipped'] as const;

function moneyTable(lines: MoneyLine[], names: string[]): Html {
  const keys = (line: MoneyLine) => [line.currency ?? 'no currency', line.cycle, line.status];
  const rows = lines.map(
    (line) =>
      html`<tr>
        ${keys(line)
          .slice(0, names.length)
          .map((key) => html`<td class="key">${key ?? 'none'}</td>`)}
        <td class="n" data-label="services">${count(line.services)}</td>
        ${MONEY_COLUMNS.map((name) => html`<td class="n" data-label="${name}">${money(line[name])}</td>`)}
        <td class="${line.agrees ? 'ok' : 'differs'}">${line.agrees ? 'agrees' : 'differs'}</td>
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

export function sizesSection(summary: Summary): Html {
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
