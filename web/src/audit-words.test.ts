import { expect, test } from 'vitest';
import type { AuditEntry } from '../../contract/audit-log.ts';
import { describeDeed } from './audit-words.ts';

const entry = (action: string, details: AuditEntry['details'] = {}): AuditEntry => ({
  id: '1',
  at: '2026-01-01T00:00:00Z',
  action,
  actor: 'you',
  actorName: null,
  accountName: null,
  serverId: null,
  serverName: null,
  tokenName: null,
  ip: null,
  requestId: null,
  details,
});

test.each<[string, AuditEntry['details'], string]>([
  ['server.update', { name: 'shop', formerName: 'web-1' }, 'Renamed the server from web-1 to shop'],
  ['server.update', { labels: { env: 'prod' } }, 'Changed the labels of the server'],
  ['server.update', { deleteProtection: true }, 'Protected the server from deletion'],
  [
    'server.update',
    { labels: {}, deleteProtection: false },
    'Changed the labels of the server; Took the server’s protection from deletion away',
  ],
  ['server.reboot', {}, 'Rebooted the server'],
  ['server.leave_rescue', {}, 'Left the rescue system of the server'],
  ['server.juggle', {}, 'Juggle: server'],
  ['token.create', { name: 'terraform' }, 'Made an API token: terraform'],
  ['invitation.create', {}, 'Invited somebody'],
  ['pool.create', {}, 'Create: pool'],
])('%s with %o reads as a deed', (action, details, words) => {
  expect(describeDeed(entry(action, details))).toBe(words);
});
