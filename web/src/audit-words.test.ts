import { expect, test } from 'vitest';
import type { AuditEntry } from '../../contract/audit-log.ts';
import { describeDeed, describeDoer } from './audit-words.ts';
import { ACCOUNT, buildAuditEntry } from './test-api.ts';

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
  ['server.suspend', { reason: 'abuse' }, 'Changed the reason of the suspension'],
  ['server.leave_rescue', {}, 'Left the rescue system of the server'],
  ['server.juggle', {}, 'Juggle: server'],
  ['token.create', { name: 'terraform' }, 'Made an API token: terraform'],
  ['invitation.create', {}, 'Invited somebody'],
  ['pool.create', {}, 'Create: pool'],
])('%s with %o reads as a deed', (action, details, words) => {
  expect(describeDeed(buildAuditEntry({ action, details }))).toBe(words);
});

test('an invitation to one server is told from one into the account', () => {
  const invited = buildAuditEntry({ action: 'invitation.create', serverId: ACCOUNT.id });
  expect(describeDeed(invited)).toBe('Invited somebody to the server');
});

test('a suspension that an operation carries out is no change of its reason', () => {
  const asked = buildAuditEntry({ action: 'server.suspend', operationId: ACCOUNT.id });
  expect(describeDeed(asked)).toBe('Suspended the server');
});

test.each<[Partial<AuditEntry>, string]>([
  [{ ip: '203.0.113.7', tokenName: 'deploy' }, 'by you from 203.0.113.7 with the token deploy'],
  [{ ip: '203.0.113.7' }, 'by you from 203.0.113.7'],
  [{ tokenName: 'deploy' }, 'by you with the token deploy'],
  [{ actor: 'member', actorName: 'bob@example.org' }, 'by bob@example.org'],
  [{ actor: 'member', actorName: null }, 'by somebody who is gone'],
  [{ actor: 'provider', actorName: null }, 'by the provider'],
  [{ actor: 'provider', actorName: 'eve@example.org' }, 'by eve@example.org of the provider'],
])('%o reads as %s', (entry, words) => {
  expect(describeDoer(buildAuditEntry(entry))).toBe(words);
});
