import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountRole } from '../../contract/roles.ts';
import { NewInvitation, Team } from '../../contract/team.ts';
import type { Account } from '../../db/models/account.ts';
import type { User } from '../../db/models/user.ts';
import { loggedInCustomer, startTestApi, type TestApi } from '../../tests/api.ts';
import { buildAccount, buildCatalog, buildMember, buildServer, buildUser } from '../../tests/builders.ts';
import { newMails, tokenIn } from '../../tests/mails.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ sendsMail: true, loginLimits: { invitationsPerEmail: 2 } });
});
afterAll(async () => api.close());

interface Person {
  user: User;
  token: string;
}

async function someTeam() {
  const ownerUser = await buildUser(api.database);
  const account = await buildAccount(api.database, { owner: ownerUser });
  const owner = { user: ownerUser, token: await api.logIn(ownerUser) };
  const member = async (role: AccountRole): Promise<Person> => {
    const user = await buildMember(api.database, { account, role });
    return { user, token: await api.logIn(user) };
  };
  return { account, owner, member };
}

async function stranger(): Promise<Person> {
  const user = await buildUser(api.database);
  await buildAccount(api.database, { owner: user });
  return { user, token: await api.logIn(user) };
}

const team = async ({ id }: Account, { token }: Person) =>
  Team.parse((await api.call('GET', `/accounts/${id}/team`, { token })).body);
const invite = async ({ id }: Account, { token }: Person, body: object) =>
  api.call('POST', `/accounts/${id}/invitations`, { token, body });
const mailAgain = async ({ id }: Account, { token }: Person, invitation: string) =>
  api.call('POST', `/accounts/${id}/invitations/${invitation}/mails`, { token, body: {} });
/** As the workflows of its mails do. */
const settle = async (invitationId: string, outcome: string) =>
  api.database('mails').where({ invitationId, outcome: null }).update({ outcome, settledAt: new Date() });
const accept = async (invitation: string, { token }: Person) =>
  api.call('POST', '/invitations/accept', { token, body: { token: invitation } });
const change = async ({ id }: Account, { token }: Person, { user }: Person, role: AccountRole) =>
  api.call('PATCH', `/accounts/${id}/members/${user.id}`, { token, body: { role } });
const remove = async ({ id }: Account, { token }: Person, { user }: Person) =>
  api.call('DELETE', `/accounts/${id}/members/${user.id}`, { token });

describe('an invitation', () => {
  it('lets whoever has its link take part, once', async () => {
    const { account, owner } = await someTeam();
    const [first, second] = [await stranger(), await stranger()];
    const made = NewInvitation.parse(
      (await invite(account, owner, { role: 'operator', note: 'Grace' })).body,
    );
    expect((await team(account, owner)).invitations).toMatchObject([{ role: 'operator', note: 'Grace' }]);
    expect((await accept(made.token, first)).body).toMatchObject({ accountId: account.id, role: 'operator' });
    expect((await accept(made.token, second)).body).toMatchObject({ code: 'invalid_link' });
    const { members, invitations } = await team(account, first);
    expect(members.find(({ userId }) => userId === first.user.id)?.role).toBe('operator');
    expect(invitations).toEqual([]);
  });

  it('is of no use when it has expired or was withdrawn', async () => {
    const { account, owner } = await someTeam();
    const [late, withdrawn] = [
      await invite(account, owner, { role: 'viewer' }),
      await invite(account, owner, { role: 'viewer' }),
    ];
    await api
      .database('invitations')
      .where({ id: late.body.id })
      .update({ expiresAt: new Date(0) });
    await api.call('DELETE', `/accounts/${account.id}/invitations/${withdrawn.body.id}`, {
      token: owner.token,
    });
    for (const { body } of [late, withdrawn])
      expect((await accept(body.token, await stranger())).status).toBe(410);
  });

  it('stays open when a member opens it by mistake', async () => {
    const { account, owner } = await someTeam();
    const { token } = (await invite(account, owner, { role: 'viewer' })).body;
    expect((await accept(token, owner)).body).toMatchObject({ code: 'invalid_state' });
    expect((await accept(token, await stranger())).status).toBe(200);
  });

  it('shares one server and nothing else, until that is taken back', async () => {
    const { account, owner } = await someTeam();
    const catalog = await buildCatalog(api.database);
    const [shared, other] = [
      await buildServer(api.database, { account, catalog }),
      await buildServer(api.database, { account, catalog }),
    ];
    const guest = await stranger();
    const made = await invite(account, owner, { role: 'operator', serverId: shared.id });
    await accept(made.body.token, guest);
    const sees = async (id: string) =>
      (await api.call('GET', `/servers/${id}`, { token: guest.token })).status;
    expect([await sees(shared.id), await sees(other.id)]).toEqual([200, 404]);
    expect((await team(account, owner)).guests).toMatchObject([
      { userId: guest.user.id, serverId: shared.id },
    ]);
    await api.call('DELETE', `/accounts/${account.id}/guests/${guest.user.id}/${shared.id}`, {
      token: owner.token,
    });
    expect(await sees(shared.id)).toBe(404);
  });

  it('cannot share what belongs to somebody else, nor give more than a server alone can have', async () => {
    const { account, owner } = await someTeam();
    const foreign = await someTeam();
    const server = await buildServer(api.database, {
      account: foreign.account,
      catalog: await buildCatalog(api.database),
    });
    const refused = async (body: object) => (await invite(account, owner, body)).body;
    expect(await refused({ role: 'viewer', serverId: server.id })).toMatchObject({
      issues: [{ field: 'serverId' }],
    });
    expect(await refused({ role: 'owner', serverId: server.id })).toMatchObject({
      issues: [{ field: 'role' }],
    });
  });

  it('is mailed where an address was given, and again when that is asked for', async () => {
    const { account, owner } = await someTeam();
    const made = NewInvitation.parse(
      (await invite(account, owner, { role: 'viewer', email: 'grace@example.org', language: 'de' })).body,
    );
    expect(made).toMatchObject({ email: 'grace@example.org', mail: 'sending' });
    const [mail] = await newMails(api);
    expect(mail).toMatchObject({ to: 'grace@example.org', subject: expect.stringContaining('Einladung') });
    expect(tokenIn(mail?.text)).toBe(made.token);

    expect((await mailAgain(account, owner, made.id)).body).toMatchObject({ code: 'invalid_state' });
    await settle(made.id, 'mail_refused');
    expect((await team(account, owner)).invitations).toMatchObject([{ mail: 'failed' }]);
    expect(await mailAgain(account, owner, made.id)).toMatchObject({
      status: 202,
      body: { mail: 'sending' },
    });
    const [again] = await newMails(api);
    expect(tokenIn(again?.text)).toBe(made.token);
    await settle(made.id, 'sent');
    expect((await team(account, owner)).invitations).toMatchObject([{ mail: 'sent' }]);
  });

  it('is mailed to nobody without an address, and by nobody who may not invite', async () => {
    const { account, owner, member } = await someTeam();
    const { body } = await invite(account, owner, { role: 'viewer', note: 'grace@example.org' });
    expect(body).toMatchObject({ email: null, mail: null });
    expect((await mailAgain(account, owner, body.id)).body).toMatchObject({ code: 'invalid_state' });
    expect((await mailAgain(account, await member('operator'), body.id)).status).toBe(403);
    const other = await someTeam();
    expect((await mailAgain(other.account, other.owner, body.id)).status).toBe(404);
    expect(await newMails(api)).toEqual([]);
  });

  it('is mailed to one address a few times only', async () => {
    const { account, owner } = await someTeam();
    const wish = { role: 'viewer', email: 'often@example.org' };
    for (let time = 0; time < 2; time += 1) expect((await invite(account, owner, wish)).status).toBe(201);
    expect((await invite(account, owner, wish)).body).toMatchObject({ code: 'rate_limited' });
    expect((await team(account, owner)).invitations).toHaveLength(2);
  });

  it('is a link to copy where Berth sends no mail', async () => {
    const mute = await startTestApi();
    try {
      const { token, account } = await loggedInCustomer(mute);
      const path = `/accounts/${account.id}/invitations`;
      const body = { role: 'viewer', email: 'grace@example.org' };
      const made = await mute.call('POST', path, { token, body });
      expect(made).toMatchObject({ status: 201, body: { mail: null, token: expect.any(String) } });
      expect((await mute.call('POST', `${path}/${made.body.id}/mails`, { token, body: {} })).status).toBe(
        409,
      );
      expect((await mute.call('GET', `/accounts/${account.id}/team`, { token })).body.sendsMail).toBe(false);
    } finally {
      await mute.close();
    }
  });

  it('keeps its token out of the database and the log', async () => {
    const { account, owner } = await someTeam();
    const { token } = (await invite(account, owner, { role: 'viewer' })).body;
    const rows = JSON.stringify(await api.database('invitations').where({ accountId: account.id }));
    expect(rows + api.logLines.join('')).not.toContain(token);
  });
});

describe('members', () => {
  it('are changed and taken out by admins and owners, not by others', async () => {
    const { account, member } = await someTeam();
    const [admin, operator, viewer] = [
      await member('admin'),
      await member('operator'),
      await member('viewer'),
    ];
    expect((await change(account, operator, viewer, 'admin')).status).toBe(403);
    expect((await change(account, admin, viewer, 'operator')).status).toBe(200);
    expect((await remove(account, admin, viewer)).status).toBe(204);
    expect((await team(account, admin)).members.map(({ userId }) => userId)).not.toContain(viewer.user.id);
  });

  it('are made owners, and owners changed, by owners only', async () => {
    const { account, owner, member } = await someTeam();
    const [admin, viewer] = [await member('admin'), await member('viewer')];
    expect((await change(account, admin, viewer, 'owner')).status).toBe(403);
    expect((await change(account, admin, owner, 'viewer')).status).toBe(403);
    expect((await invite(account, admin, { role: 'owner' })).status).toBe(403);
    expect((await change(account, owner, viewer, 'owner')).status).toBe(200);
  });

  it('leave by themselves, but for the last owner', async () => {
    const { account, owner, member } = await someTeam();
    const viewer = await member('viewer');
    expect((await remove(account, viewer, viewer)).status).toBe(204);
    expect((await remove(account, owner, owner)).body).toMatchObject({ code: 'invalid_state' });
    expect((await change(account, owner, owner, 'admin')).body).toMatchObject({ code: 'invalid_state' });
    expect((await team(account, owner)).members).toMatchObject([{ role: 'owner' }]);
  });

  it('keep an owner when two of them take out each other at once', async () => {
    const { account, owner, member } = await someTeam();
    const other = await member('owner');
    const answers = await Promise.all([remove(account, owner, other), remove(account, other, owner)]);
    expect(answers.every(({ status }) => status === 204)).toBe(false);
    const left = await api.database('memberships').where({ accountId: account.id, role: 'owner' });
    expect(left).toHaveLength(1);
  });

  it('are unknown to strangers', async () => {
    const { account } = await someTeam();
    const { token } = await stranger();
    expect((await api.call('GET', `/accounts/${account.id}/team`, { token })).status).toBe(404);
  });
});
