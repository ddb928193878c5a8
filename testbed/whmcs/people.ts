import { clientFacts } from './client-facts.ts';
import type { Defect } from './defects.ts';
import { encodeEntities, passwordOf } from './passwords.ts';
import { planService } from './plan-service.ts';
import { isLive } from './service-plan.ts';
import { clientId, servicesOf, userId, type World } from './world.ts';

interface PersonName {
  first: string;
  last: string;
  company: string;
}

/** One client of the provider: a billing account. */
export interface ClientPlan {
  index: number;
  id: number;
  /** As a person would write it. */
  name: PersonName;
  /** As the database holds it. */
  stored: PersonName;
  /** As a migration that decodes entities once shows it. */
  shown: PersonName;
  email: string;
  currency: { id: number; code: string };
  credit: string;
  status: 'Active' | 'Inactive' | 'Closed';
  members: Member[];
  defects: ReadonlySet<Defect>;
}

interface Member {
  user: number;
  owner: boolean;
}

const FIRST = ['Anna', 'Bob', 'Chen', 'Dilek', 'Emil', 'Fatima', 'Greta', 'Hugo', 'Ines', 'Jan'];
const LAST = ['Meyer', 'Smith', 'Wang', 'Yilmaz', 'Berg', 'Rossi', 'Novak', 'Silva', 'Dubois', 'Kim'];
const FOREIGN_FIRST = ['J\u00fcrgen', 'Zo\u00eb', '\u0141ukasz', '\u674e\u96f7', '\u0418\u0432\u0430\u043d'];
const FOREIGN_LAST = [
  'M\u00fcller',
  'Garc\u00eda',
  'Dvo\u0159\u00e1k',
  '\u0415\u0440\u0448\u043e\u0432',
  'O\u2019Neil',
];

/** Undefined when the client is gone in this edition. */
export function planClient(world: World, index: number): ClientPlan | undefined {
  const facts = clientFacts(world, index);
  if (!facts) return undefined;
  const { random, dials } = world;
  const defects = new Set(
    (
      [
        'severalOwners',
        'sharedBillingEmail',
        'encodedName',
        'doublyEncodedName',
        'mojibakeName',
        'contact',
        'zeroCreatedAt',
      ] as const
    ).filter((name) => random.chance(name, index, dials[name])) as Defect[],
  );
  if (facts.missingOwner) {
    defects.add('missingOwner');
    defects.delete('severalOwners');
  }
  const isEdited = world.edition === 2 && random.chance('client edited', index, world.changeRate / 2);
  const name = nameOf(world, index);
  if (isEdited) name.company = `${name.company || name.last} GmbH`;
  const { stored, shown } = storeName(name, defects);
  const plans = servicesOf(world, index).map((service) => planService(world, service));
  const hasLive = plans.some((plan) => plan && isLive(plan));
  const isClosed =
    !hasLive && !facts.missingOwner && random.chance('closedClient', index, dials.closedClient);
  if (isClosed) defects.add('closedClient');
  const billing = defects.has('sharedBillingEmail') ? index - (index % 8) : index;
  return {
    index,
    id: clientId(world, index),
    name,
    stored,
    shown,
    email: `billing${billing}@example.com`,
    currency: facts.currency,
    credit: random.chance('credit', index, 0.1) ? `${random.below('credit', index + 1, 90)}.50` : '0.00',
    status: isClosed ? 'Closed' : hasLive ? 'Active' : 'Inactive',
    members: membersOf(world, index),
    defects,
  };
}

function nameOf({ random, dials }: World, index: number): PersonName {
  const isForeign = random.chance('nonAsciiName', index, dials.nonAsciiName);
  return {
    first: random.pick('first name', index, isForeign ? FOREIGN_FIRST : FIRST),
    last: random.pick('last name', index, isForeign ? FOREIGN_LAST : LAST),
    company: random.chance('company', index, 0.3)
      ? `${random.pick('company', index, LAST)} & Sons ${index}`
      : '',
  };
}

function storeName(
  name: PersonName,
  defects: ReadonlySet<Defect>,
): { stored: PersonName; shown: PersonName } {
  const each = (change: (text: string) => string): PersonName => ({
    first: change(name.first),
    last: change(name.last),
    company: change(name.company),
  });
  if (defects.has('doublyEncodedName')) {
    return { stored: each((text) => encodeEntities(encodeEntities(text))), shown: each(encodeEntities) };
  }
  // UTF-8 taken for Latin-1, as an old connection without a charset did it. Nobody can repair that for sure.
  const garbled = each((text) => Buffer.from(text, 'utf8').toString('latin1'));
  if (defects.has('mojibakeName')) return { stored: garbled, shown: garbled };
  return { stored: defects.has('encodedName') ? each(encodeEntities) : name, shown: name };
}

/** Users have the index of the client they signed up for; one without a user of his own belongs to another's. */
function hasUser(world: World, client: number): boolean {
  return client >= 0 && client < world.clients && hasOwner(world, client) && !isShared(world, client);
}

function hasOwner(world: World, client: number): boolean {
  return clientFacts(world, client)?.missingOwner === false;
}

/** Owned by the user of the first client of the block, if there is one. */
function isShared(world: World, client: number): boolean {
  const first = client - (client % 8);
  return (
    client > first &&
    world.random.chance('multiClientUser', client, world.dials.multiClientUser) &&
    hasOwner(world, first)
  );
}

function membersOf(world: World, client: number): Member[] {
  const { random, dials } = world;
  const members: Member[] = [];
  const add = (user: number, owner: boolean) => {
    if (hasUser(world, user) && !members.some((member) => member.user === user))
      members.push({ user, owner });
  };
  if (hasOwner(world, client)) {
    add(isShared(world, client) ? client - (client % 8) : client, true);
    if (random.chance('severalOwners', client, dials.severalOwners)) add(client + 11, true);
  }
  if (random.chance('invitedUser', client, dials.invitedUser)) add(client + 7, false);
  return members;
}

export interface UserPlan {
  index: number;
  id: number;
  first: string;
  last: string;
  email: string;
  password: ReturnType<typeof passwordOf>;
  /** Indexes of the clients he may enter. */
  clients: number[];
  defects: ReadonlySet<Defect>;
}

/** The user who signed up for this client; undefined when there is none. */
export function planUser(world: World, index: number): UserPlan | undefined {
  if (!hasUser(world, index)) return undefined;
  const { random, dials } = world;
  const block = index - (index % 8);
  const candidates = [...Array.from({ length: 8 }, (_, n) => block + n), index - 11, index - 7];
  const name = nameOf(world, index);
  const plain = `user${index}@example.${random.pick('domain', index, ['com', 'org', 'net'])}`;
  const defects = new Set<Defect>();
  if (random.chance('caseVariantEmail', index, dials.caseVariantEmail)) defects.add('caseVariantEmail');
  const hasNewPassword =
    world.edition === 2 && random.chance('password changed', index, world.changeRate / 2);
  return {
    index,
    id: userId(world, index),
    first: name.first,
    last: name.last,
    email: defects.has('caseVariantEmail')
      ? `${plain.replace('user', 'User').replace('example', 'EXAMPLE')} `
      : plain,
    password: passwordOf(world, hasNewPassword ? index + 500_000_000 : index),
    clients: [...new Set(candidates)].filter(
      (client) =>
        client >= 0 && client < world.clients && membersOf(world, client).some(({ user }) => user === index),
    ),
    defects,
  };
}
