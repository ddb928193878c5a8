import { clientFacts } from './client-facts.ts';
import { opaqueSecret } from './passwords.ts';
import { planClient, type ClientPlan, type UserPlan } from './people.ts';
import type { Emit } from './row.ts';
import type { ClientTruth, UserTruth } from './truth.ts';
import { clientId, dateOf, SNAPSHOT_DAY, userId, ZERO_DATE, ZERO_TIME, type World } from './world.ts';

export function emitClientRows(world: World, plan: ClientPlan, emit: Emit): void {
  const { index, id, stored, defects } = plan;
  const { random } = world;
  const created = random.below('client created', index, SNAPSHOT_DAY - 100);
  const stamp = defects.has('zeroCreatedAt') ? ZERO_TIME : `${dateOf(created)} 08:00:00`;
  emit('tblclients', {
    id,
    uuid: `${random.hex('uuid', index, 8)}-${random.hex('uuid b', index, 4)}-4000-8000-${random.hex('uuid c', index, 12)}`,
    firstname: stored.first,
    lastname: stored.last,
    companyname: stored.company,
    email: plan.email,
    address1: `${index % 200} Example Street`,
    city: random.pick('city', index, ['Berlin', 'M&uuml;nchen', 'London', 'Austin']),
    postcode: String(10_000 + (index % 80_000)),
    country: random.pick('country', index, ['DE', 'GB', 'US', 'NL']),
    phonenumber: index % 3 === 0 ? '+49.301234567' : '030 / 123 45 67',
    // Stays behind since logins moved to tblusers.
    password: random.hex('stale password', index, 32),
    currency: plan.currency.id,
    defaultgateway: index % 2 === 0 ? 'paypal' : '',
    credit: plan.credit,
    datecreated: defects.has('zeroCreatedAt') ? ZERO_DATE : dateOf(created),
    notes: index % 50 === 0 ? 'root password: hunter2' : '',
    status: plan.status,
    language: random.pick('language', index, ['', 'english', 'german']),
    marketing_emails_opt_in: index % 4 === 0 ? 1 : 0,
    email_preferences: '{"general":"1","invoice":"1"}',
    created_at: stamp,
    updated_at: stamp,
    pwresetexpiry: ZERO_TIME,
  });
  for (const [n, { user, owner }] of plan.members.entries()) {
    emitMembership(index * 4 + n + 1, userId(world, user), id, owner, emit);
  }
  if (random.chance('orphanMembership', index, world.dials.orphanMembership)) {
    emitMembership(index * 4 + 4, 900_000_000 + index, id, false, emit);
  }
  emitOtherPeople(world, plan, emit);
}

/** Invitations nobody has accepted and contacts, with the password they had as sub-accounts. */
function emitOtherPeople({ random }: World, { index, id, stored, defects }: ClientPlan, emit: Emit): void {
  if (index % 40 === 7) {
    emit('tbluser_invites', {
      id: index + 1,
      token: random.hex('invite', index, 40),
      email: `invited${index}@example.org`,
      client_id: id,
      permissions: '["invoices"]',
      accepted_at: null,
      created_at: '2025-10-10 10:10:10',
    });
  }
  if (defects.has('contact')) {
    emit('tblcontacts', {
      id: index + 1,
      userid: id,
      firstname: 'Accounts',
      lastname: stored.last,
      email: `accounts${index}@example.com`,
      subaccount: index % 2,
      password: index % 2 === 0 ? '' : random.hex('stale contact', index, 32),
      permissions: 'profile,invoices',
      created_at: ZERO_TIME,
    });
  }
}

function emitMembership(id: number, user: number, client: number, owner: boolean, emit: Emit): void {
  emit('tblusers_clients', {
    id,
    auth_user_id: user,
    client_id: client,
    invite_id: owner ? 0 : id,
    owner: owner ? 1 : 0,
    permissions: owner ? null : '["profile","products","invoices"]',
    created_at: '2021-03-01 10:00:00',
  });
}

export function emitUserRow(world: World, plan: UserPlan, emit: Emit): void {
  const { index, id } = plan;
  const hasSecondFactor = index % 20 === 3;
  emit('tblusers', {
    id,
    first_name: plan.first,
    last_name: plan.last,
    email: plan.email,
    password: plan.password.stored,
    language: index % 3 === 0 ? 'german' : '',
    second_factor: hasSecondFactor ? 'totp' : '',
    second_factor_config: hasSecondFactor ? opaqueSecret(world, 'second factor', index) : null,
    security_question_id: index % 30 === 5 ? 2 : 0,
    last_ip: `192.0.2.${index % 250}`,
    last_login: index % 9 === 0 ? null : '2025-11-05 17:45:12',
    email_verified_at: index % 6 === 0 ? null : '2021-03-01 10:00:00',
    created_at: index % 11 === 0 ? null : '2021-03-01 10:00:00',
    updated_at: null,
  });
}

/** What a careful migration makes of a client. */
export function clientTruth(world: World, plan: ClientPlan): ClientTruth {
  const { id, status, shown, members, defects } = plan;
  const truth: ClientTruth = {
    entity: 'client',
    sourceId: id,
    outcome: 'migrated',
    warnings: [],
    defects: [...defects].toSorted(),
  };
  if (status === 'Closed') return { ...truth, outcome: 'skipped', code: 'closed_client' };
  if (defects.has('missingOwner')) return { ...truth, outcome: 'quarantined', code: 'account_without_owner' };
  return {
    ...truth,
    warnings: members.filter(({ owner }) => owner).length > 1 ? ['multiple_owners'] : [],
    target: {
      firstName: shown.first,
      lastName: shown.last,
      company: shown.company,
      email: plan.email,
      currency: plan.currency.code,
      credit: plan.credit,
      status,
      members: members
        .map(({ user, owner }) => ({ userId: userId(world, user), owner }))
        .toSorted((a, b) => a.userId - b.userId),
    },
  };
}

/** What a careful migration makes of a user: one who may enter no migrated account is left out. */
export function userTruth(world: World, plan: UserPlan): UserTruth {
  const { kind, plain, encoded } = plan.password;
  const truth: UserTruth = {
    entity: 'user',
    sourceId: plan.id,
    outcome: 'migrated',
    warnings: [],
    defects: [...plan.defects].toSorted(),
    password: { kind, plain, encoded },
  };
  const clients = plan.clients.filter(
    (client) =>
      clientFacts(world, client)?.missingOwner === false && planClient(world, client)?.status !== 'Closed',
  );
  if (clients.length === 0) return { ...truth, outcome: 'skipped', code: 'no_account' };
  return {
    ...truth,
    target: {
      email: plan.email.trim().toLowerCase(),
      firstName: plan.first,
      lastName: plan.last,
      clientIds: clients.map((client) => clientId(world, client)).toSorted((a, b) => a - b),
    },
  };
}
