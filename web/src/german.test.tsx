import { screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CONNECTION_TEXTS, tellFinding } from '../../contract/connection-texts.ts';
import type { MigrationReport } from '../../contract/migration-runs.ts';
import { decisionsAt } from '../../contract/operations.ts';
import { say, SAYINGS, tell } from '../../contract/sayings.ts';
import { COMPARED, CLUSTER, ID, list, openAdmin, ORPHAN, SINCE } from './admin/test-admin.ts';
import { ApiError, fieldIssue } from './api-error.ts';
import { decisionEffect, inLanguage } from './contract-words.ts';
import { languageStore, setLanguage, startLanguage } from './language.ts';
import { CONNECTION_DE } from './locales/connection-de.ts';
import { contract } from './locales/contract-de.ts';
import { renderApp } from './render-app.tsx';
import { buildOperation, buildServer, fakeApi, ok } from './test-api.ts';

const isIn = (language: string) => waitFor(() => expect(languageStore.get()).toBe(language));

beforeEach(async () => {
  setLanguage('de');
  await startLanguage();
});
afterEach(async () => {
  setLanguage('en');
  await isIn('en');
});

const gapsOf = (text: string) =>
  [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name = '']) => name))].toSorted();
const unlike = <Code extends string>(english: Record<Code, string>, german: Record<Code, string>) =>
  (Object.keys(english) as Code[]).filter(
    (code) => String(gapsOf(english[code])) !== String(gapsOf(german[code])),
  );
const part = (texts: Record<string, { message: string; remedy: string }>, name: 'message' | 'remedy') =>
  Object.fromEntries(Object.entries(texts).map(([code, text]) => [code, text[name]]));

it('every German text has the gaps of its English one', () => {
  const { sayings } = contract;
  const names = (code: string) => code.startsWith('name_');
  const english = Object.fromEntries(Object.entries(SAYINGS).filter(([code]) => !names(code)));
  expect(unlike(english, sayings as Record<string, string>)).toEqual([]);
  for (const name of ['message', 'remedy'] as const)
    expect(unlike(part(CONNECTION_TEXTS, name), part(CONNECTION_DE, name))).toEqual([]);
});

const message = ({ summary, said }: ReturnType<typeof tell>) => ({ message: summary, said });

it('steps of an operation and why it stands still are told in German', async () => {
  const server = buildServer();
  const standing = { type: 'migrate', status: 'needs_attention', step: 'check' } as const;
  const paused = buildOperation(server, 'migrate', {
    status: 'needs_attention',
    decisions: decisionsAt(standing),
    error: {
      code: 'migration_blocked',
      cause: null,
      log: [],
      ...message(tell('cannot_move', { node: 'pve2', reasons: [say('node_is', { status: 'offline' })] })),
    },
  });
  const reason = say('storage_unusable', { node: 'pve1', storage: 'ceph' });
  Object.assign(paused.steps[0] ?? {}, {
    state: 'failed',
    startedAt: SINCE,
    finishedAt: SINCE,
    ...message(tell('trying_again', { attempt: 2, reason })),
  });
  fakeApi({
    [`GET /servers/${server.id}`]: () => ok(server),
    [`GET /servers/${server.id}/operations`]: () => list(paused),
    'GET /operations': () => list(paused),
  });
  renderApp('/?operations=open');
  expect(await screen.findByText('Sie kann nicht auf pve2 umziehen: jener Knoten ist offline')).toBeVisible();
  expect(
    screen.getByText('Neuer Versuch (der 2.): pve1 kann den Speicher ceph nicht verwenden'),
  ).toBeInTheDocument();
  const [resume] = decisionsAt(standing);
  expect(resume && decisionEffect(resume)).toBe(
    '„Prüfen, was im Weg sein könnte“ wird noch einmal versucht. Was getan ist, bleibt getan.',
  );
});

it('orphans and comparisons are told in German', async () => {
  const reason = tell('not_in_cluster', { vmid: 100042 });
  const note = tell('lost_tag', { vmid: 100042, tag: 'berth-quarantine' });
  const run = tell('several', { parts: [say('of_node', { node: 'pve2', reason: say('too_many_vms') })] });
  openAdmin('orphans', {
    'GET /admin/orphans': () =>
      list({
        ...ORPHAN,
        evidence: { reason: reason.summary, reasonSaid: reason.said },
        note: note.summary,
        noteSaid: note.said,
      }),
    'GET /admin/reconcile': () =>
      list({ ...COMPARED, lastRun: { ...COMPARED.lastRun, status: 'incomplete', ...message(run) } }),
  });
  expect(await screen.findByText('der Cluster hat keine VM 100042')).toBeVisible();
  expect(screen.getByText(/^VM 100042 hat den Tag berth-quarantine nicht mehr/)).toBeVisible();
  expect(await screen.findByText(/^pve2: es gibt mehr VMs ohne Eigentümer/)).toBeVisible();
});

it('what the test of a connection found is told in German', async () => {
  const finding = {
    code: 'connection_refused',
    level: 'error',
    ...tellFinding('connection_refused', { port: 8006 }),
  };
  const report = { ok: false, version: null, endpoints: [], findings: [finding] };
  const { user } = openAdmin('clusters', {
    [`POST /admin/clusters/${CLUSTER.id}/test`]: () => ok(report),
  });
  await user.click(await screen.findByRole('button', { name: /Verbindung zu fra1/ }));
  expect(await screen.findByText('Auf Port 8006 lauscht nichts.')).toBeVisible();
  expect(screen.getByText(/systemctl start pveproxy\.$/)).toHaveTextContent(/^Korrigieren Sie den Port/);
});

it('the codes of a migration are explained in German, also one of the mapping’s own', async () => {
  const reason = { entity: 'service', outcome: 'skipped', rows: 1, meaning: 'm', remedy: 'r' } as const;
  const report: MigrationReport = {
    run: {
      id: ID,
      source: 'whmcs',
      sourceLabel: 'billing.example.net',
      dryRun: false,
      status: 'paused',
      phase: 'load',
      pauseRequested: false,
      cause: { code: 'target_disk_full', message: null, meaning: 'm', remedy: 'r' },
      progress: [],
      createdAt: SINCE,
      startedAt: SINCE,
      finishedAt: null,
    },
    outcomes: [],
    reasons: [
      { ...reason, code: 'fraud' },
      { ...reason, code: 'on_holiday' },
    ],
    comparison: null,
  };
  openAdmin(`migrations/${ID}`, {
    [`GET /admin/migration-runs/${ID}`]: () => ok(report),
    [`GET /admin/migration-runs/${ID}/exceptions`]: () => list(),
  });
  expect(await screen.findByText('PostgreSQL hat keinen Platz mehr.')).toBeVisible();
  expect(screen.getByText(/^Der Dienst ist als Betrug gekennzeichnet\./)).toBeVisible();
  expect(screen.getByText(/^Die Zuordnung lässt Zeilen mit diesem Status weg\./)).toBeVisible();
});

it('a search that is not understood is answered in German', async () => {
  openAdmin('servers?q=color%3Ared', { 'GET /servers': () => list() });
  expect(await screen.findByRole('alert')).toHaveTextContent(
    'color:red: color: gibt es nicht – verwenden Sie',
  );
});

it('why a field is refused is told in German', () => {
  const { summary, said } = tell('template_elsewhere', { template: 'Debian 13' });
  const error = new ApiError({
    type: '',
    title: 'Some of the input cannot be used.',
    status: 422,
    code: 'invalid_input',
    issues: [{ field: 'templateId', message: summary, said }],
  });
  expect(fieldIssue(error, 'templateId')).toBe('Debian 13 ist nicht auf dem Knoten dieses Servers');
});

it.each([
  [
    'the sentence by its code',
    {
      titleSaid: say('server_is_busy', { operation: say('name_reboot') }),
      detailSaid: say('wait_or_cancel'),
    },
    'Mit diesem Server geschieht gerade etwas: „Neu starten“ ist noch nicht fertig. Warten Sie, bis es fertig ist, oder brechen Sie es ab.',
  ],
  [
    'the code’s own words, then the API’s, where the sentence has none',
    {},
    'Mit diesem Server geschieht gerade etwas. Busy. Wait.',
  ],
  [
    'what cancelling does within a sentence',
    { detailSaid: say('wait_as', { why: 'The disks are being erased.' }) },
    'Mit diesem Server geschieht gerade etwas. Busy. Die Festplatten werden gerade gelöscht. Warten Sie, bis es fertig ist.',
  ],
])('a refusal is told in German: %s', (_what, more, text) => {
  const problem = { type: '', status: 409, code: 'server_busy', title: 'Busy.', detail: 'Wait.' } as const;
  expect(new ApiError({ ...problem, ...more }).message).toBe(text);
});

it('numbers are written as in German, without groups', () => {
  const { summary, said } = tell('disk_has', { disk: 'scsi0', gib: 1024.5 });
  expect(inLanguage(summary, said)).toBe('scsi0 hat 1024,5 GiB');
});

it.each([
  ['has no code', undefined],
  ['has a code that is newer than the dashboard', { code: 'from_tomorrow', params: {} }],
  ['holds such a code', say('waiting', { what: { code: 'from_tomorrow', params: {} } })],
])('a text that %s stays in English', (_what, said) => {
  expect(inLanguage('Something new', said)).toBe('Something new');
});

it('a step that was left out says what is not done', () => {
  expect(inLanguage('The disk keeps its size.', undefined)).toBe('Die Festplatte behält ihre Größe.');
});
