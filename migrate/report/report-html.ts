import { createHash } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Knex } from 'knex';
import type { Database } from '../../db/connect.ts';
import { queryRows } from '../../db/query-rows.ts';
import { findRun, type RunFacts } from './find-run.ts';
import { Html, html } from './html.ts';
import {
  codesSection,
  headline,
  moneySection,
  outcomesSection,
  sizesSection,
  tableSection,
} from './page-numbers.ts';
import { SCRIPT, STYLE } from './page-style.ts';
import { inSnapshot, readRows } from './read-rows.ts';
import { FIRST_VMS, readSummary, type VmLine } from './read-summary.ts';
import { COUNT_EXCEPTIONS, FIRST_EXCEPTIONS, type ExceptionRow } from './report-items.ts';
import {
  describeVerdict,
  differenceRows,
  endedRows,
  findProblems,
  isOver,
  vanishedRows,
  vmRows,
} from './report-text.ts';
import { explainCode } from '../../contract/migration-codes.ts';
import type { RunSummary, VmState } from '../run/verify-run.ts';

/** A page stays quick to open; the CSV has the rest. */
const MOST_EXCEPTIONS = 1_000;
const MOST_VMS = 100;

/** Writes the run as one page that needs nothing else: no request leaves it. */
export async function reportHtml(database: Database, runId: string, out: Writable): Promise<void> {
  await inSnapshot(database, async (trx) => pipeline(Readable.from(page(trx, runId)), out));
}

async function* page(trx: Knex.Transaction, runId: string): AsyncGenerator<string> {
  const run = await findRun(trx, runId);
  const summary = await readSummary(trx, run.id);
  yield `${DOCTYPE}<head>${documentHead(run).text}</head>\n<body>\n<main>\n`;
  yield html`${head(run)} ${verdict(run, summary)} ${headline(run, summary)} ${outcomesSection(summary)}
  ${codesSection(summary, 'quarantined', 'Quarantined: what keeps rows back')}
  ${codesSection(summary, 'migrated', 'Warnings: migrated, with something to look at')}
  ${codesSection(summary, 'skipped', 'Skipped: left out on purpose')} ${moneySection(summary)}
  ${sizesSection(summary)}`.text;
  yield await vmSection(trx, run, summary);
  yield html`${tableSection(
    'What changes, value by value',
    'What earlier runs brought and WHMCS has changed since; the first of them.',
    differenceRows(summary),
  )}
  ${tableSection('No longer in the source', 'Left as it is in Berth.', vanishedRows(summary), [1])}
  ${tableSection(
    'Over in WHMCS since they came',
    'Their servers go on in Berth until somebody deletes them there.',
    endedRows(summary),
    [1],
  )}`.text;
  yield* exceptions(trx, run);
  yield `</main>\n<script>${SCRIPT}</script>\n</body>\n</html>\n`;
}

// What is opened in one piece and closed in another is no template: formatters would close it.
const DOCTYPE = '<!doctype html>\n<html lang="en">\n';

function documentHead({ source }: RunFacts): Html {
  const digest = createHash('sha256').update(SCRIPT).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  return html`<meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="referrer" content="no-referrer" />
    <meta name="robots" content="noindex" />
    <title>Migration of ${source}</title>
    <style>
      ${new Html(STYLE)}
    </style>`;
}

function head(run: RunFacts): Html {
  const facts: [string, string][] = [
    ['Source', run.sourceLabel],
    ['Run', run.id],
    ['Status', isOver(run) ? run.status.replace('_', ' ') : `${run.status}, phase ${run.phase}`],
    ['Started', timeOf(run.startedAt ?? run.createdAt)],
    ['Finished', run.finishedAt ? timeOf(run.finishedAt) : 'not yet'],
    ['Mapping', `${run.mappingHash.slice(0, 12)}…`],
  ];
  return html`<header>
    <h1>${run.dryRun ? 'Dry run of the migration' : 'Migration'} of ${run.source}</h1>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
  </header>`;
}

function timeOf(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function verdict(run: RunFacts, summary: RunSummary): Html[] {
  const isBad = findProblems(summary).length > 0 || (isOver(run) && !run.isVerified);
  const cause = run.causeCode
    ? [
        html`<section class="notice">
          <h2>Stands still: <code>${run.causeCode}</code></h2>
          <p>${run.causeMessage ?? ''}</p>
          <p>${explainCode(run.causeCode).remedy}</p>
        </section>`,
      ]
    : [];
  const open = isOver(run)
    ? []
    : [html`<section class="notice"><p>The run is not over; these numbers are not final.</p></section>`];
  return [
    ...open,
    ...cause,
    html`<section class="verdict${isBad ? ' bad' : ''}">
      <p><b>${describeVerdict(run, summary)}</b></p>
    </section>`,
  ];
}

const VM_LISTS: { state: VmState; title: string; note: string }[] = [
  {
    state: 'contested',
    title: 'Claimed by quarantined services',
    note: 'Left alone until the service is settled.',
  },
  {
    state: 'zombie',
    title: 'Zombies: their services are over or were left out',
    note: 'Berth does not touch them. Look before you delete one.',
  },
  {
    state: 'unclaimed',
    title: 'Unclaimed: no service is known to have them',
    note: 'They may be your own, or a customer’s that WHMCS does not know. Nobody’s is not proven.',
  },
];

async function vmSection(trx: Knex.Transaction, run: RunFacts, summary: RunSummary): Promise<string> {
  const [head = [], ...clusters] = vmRows(summary);
  if (clusters.length === 0) return '';
  const count = (state: VmState) => summary.vms[state].total;
  const lists: Html[] = [];
  for (const list of VM_LISTS.filter(({ state }) => count(state) > 0)) {
    const lines: VmLine[] = [];
    for await (const line of readRows<VmLine>(trx, FIRST_VMS(list.state, MOST_VMS), run.id)) lines.push(line);
    lists.push(vmList(list, lines, count(list.state)));
  }
  return html`<section>
    <h2>VMs on the clusters</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="VMs by cluster">
      <table>
        <thead>
          <tr>
            ${head.map((name, n) => html`<th scope="col" class="${n > 0 ? 'n' : ''}">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${clusters.map(
            ([cluster = '', ...cells]) =>
              html`<tr>
                <td>${cluster}</td>
                ${cells.map((cell) => html`<td class="n">${format(Number(cell))}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${lists}
  </section> `.text;
}

function vmList({ title, note }: (typeof VM_LISTS)[number], lines: VmLine[], total: number): Html {
  const more =
    total > lines.length ? ` The first ${lines.length} of ${format(total)}; the JSON report has all.` : '';
  const rows = lines.map(
    ({ cluster, vmid, node, name, status, services }) =>
      html`<tr>
        <td data-label="VM">${cluster}/${vmid}</td>
        <td data-label="Name">${name ?? 'no name'}</td>
        <td data-label="Node">${node}</td>
        <td data-label="State">${status}</td>
        <td data-label="Service" class="n">${services.join(', ') || '–'}</td>
      </tr>`,
  );
  return html`<details>
    <summary>${title} (${format(total)})</summary>
    <p class="muted">${note}${more}</p>
    <div class="scroll" tabindex="0" role="region" aria-label="${title}">
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">VM</th>
            <th scope="col">Name</th>
            <th scope="col">Node</th>
            <th scope="col">State</th>
            <th scope="col" class="n">Service</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </details>`;
}

async function* exceptions(trx: Knex.Transaction, run: RunFacts): AsyncGenerator<string> {
  const [total] = await queryRows<{ count: number }>(trx, COUNT_EXCEPTIONS, { runId: run.id } as never);
  const count = total?.count ?? 0;
  if (count === 0) return;
  const more = count - MOST_EXCEPTIONS;
  const note =
    more > 0
      ? `These are the first ${format(MOST_EXCEPTIONS)}; ${format(more)} more are in the CSV report.`
      : `All ${format(count)} are here.`;
  yield '<section>\n';
  yield html`<h2>Rows to look at</h2>
    <p class="muted">Quarantined rows first, then those migrated with a warning. ${note}</p>
    <div class="search">
      <label for="filter">Filter</label>
      <input id="filter" type="search" placeholder="a code, an id, a word" autocomplete="off" />
      <span id="shown" class="muted" role="status"></span>
    </div>`.text;
  yield '<div class="scroll" tabindex="0" role="region" aria-label="Rows to look at"><table id="exceptions" class="cards">\n';
  yield html`<thead>
    <tr>
      <th scope="col">Row</th>
      <th scope="col">Outcome</th>
      <th scope="col">Code</th>
      <th scope="col">Message</th>
    </tr>
  </thead>`.text;
  yield '<tbody>\n';
  for await (const row of readRows<ExceptionRow>(trx, FIRST_EXCEPTIONS(MOST_EXCEPTIONS), run.id)) {
    yield exceptionRow(row).text;
  }
  yield '</tbody></table></div></section>\n';
}

function exceptionRow({ entity, sourceId, outcome, code, message, warnings }: ExceptionRow): Html {
  const codes = code === null ? warnings : [code];
  const text = message ?? warnings.map((warning) => explainCode(warning).meaning).join(' ');
  return html`<tr>
    <td class="row">${entity} ${sourceId}</td>
    <td class="tag"><i class="${outcome}"></i>${outcome}</td>
    <td class="code">${codes.map((name, n) => html`${n > 0 ? ', ' : ''}<code>${name}</code>`)}</td>
    <td class="text">${text}</td>
  </tr> `;
}

function format(count: number): string {
  return count.toLocaleString('en');
}
