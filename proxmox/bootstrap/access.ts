import { chmod, readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { tokenIdOf, type Context } from './context.ts';
import { bridgePath, NODES_PATH, privilegesOf, storagePath, VMS_PATH } from '../privileges.ts';

/** Proxmox prints flags as 0 and 1, as numbers or as texts. */
const flag = z.union([z.number(), z.string(), z.boolean()]).transform((value) => Number(value) === 1);
const Roles = z.array(z.object({ roleid: z.string(), privs: z.string().default('') }));
export const Pools = z.array(z.object({ poolid: z.string() }));
export const Users = z.array(z.object({ userid: z.string(), enable: flag.default(true) }));
export const Tokens = z.array(z.object({ tokenid: z.string(), privsep: flag.default(true) }));
const Acl = z.array(
  z.object({
    path: z.string(),
    type: z.string(),
    ugid: z.string(),
    roleid: z.string(),
    propagate: flag.default(true),
  }),
);
const NewToken = z.object({ value: z.string().min(1) });
const Nothing = z.unknown();

/** The paths that Berth needs its role on. */
export const aclPaths = (bridge: string, storages: string[]): string[] => [
  VMS_PATH,
  NODES_PATH,
  ...storages.map(storagePath),
  bridgePath(bridge),
];

/** A role with exactly the privileges of privileges.ts that this release knows. */
export async function ensureRole({ read, change, keep, version, wishes: { role } }: Context): Promise<void> {
  const wanted = privilegesOf(version).map(({ privilege }) => privilege);
  const roles = await read(Roles, { template: '/access/roles' });
  const present = roles.find(({ roleid }) => roleid === role);
  const held = present?.privs.split(',').filter(Boolean) ?? [];
  const isRight = held.length === wanted.length && wanted.every((privilege) => held.includes(privilege));
  if (present && isRight) return keep(`role ${role}`);
  const privs = wanted.join(',');
  if (present) {
    await change(`role ${role} as it should be`, Nothing, {
      method: 'PUT',
      template: '/access/roles/{roleid}',
      path: { roleid: role },
      params: { privs },
    });
  } else {
    await change(`role ${role}`, Nothing, {
      method: 'POST',
      template: '/access/roles',
      params: { roleid: role, privs },
    });
  }
}

/** A pool, which only groups the templates: rights are on paths. */
export async function ensurePool({ read, change, keep, wishes: { pool } }: Context): Promise<void> {
  const pools = await read(Pools, { template: '/pools' });
  if (pools.some(({ poolid }) => poolid === pool)) return keep(`pool ${pool}`);
  await change(`pool ${pool}`, Nothing, {
    method: 'POST',
    template: '/pools',
    params: { poolid: pool, comment: 'Templates for Berth' },
  });
}

/** A user without a password: it can be used by its token only. */
export async function ensureUser({ read, change, keep, wishes: { user } }: Context): Promise<void> {
  const users = await read(Users, { template: '/access/users' });
  const present = users.find(({ userid }) => userid === user);
  if (present?.enable) return keep(`user ${user}`);
  if (present) {
    await change(`user ${user} enabled`, Nothing, {
      method: 'PUT',
      template: '/access/users/{userid}',
      path: { userid: user },
      params: { enable: true },
    });
  } else {
    await change(`user ${user}`, Nothing, {
      method: 'POST',
      template: '/access/users',
      params: { userid: user, comment: 'Berth' },
    });
  }
}

/**
 * A token with rights of its own. Answers its secret when it is known: made now, or kept in the secret file. An empty secret
 * file is a run that ended between making the token and keeping its secret; nobody knows that one, so it is replaced.
 */
export async function ensureToken(context: Context): Promise<{ secret: string | null; isNew: boolean }> {
  const { read, change, keep, wishes, isDryRun } = context;
  const { user: userid, token: tokenid, secretFile, newSecret } = wishes;
  const kept = secretFile === undefined ? undefined : await readIfThere(secretFile);
  const users = await read(Users, { template: '/access/users' });
  const isUser = users.some((user) => user.userid === userid);
  // On a dry run the user may be still to be made.
  const tokens = isUser
    ? await read(Tokens, { template: '/access/users/{userid}/token', path: { userid } })
    : [];
  const present = tokens.find((token) => token.tokenid === tokenid);
  const call = { template: '/access/users/{userid}/token/{tokenid}', path: { userid, tokenid } };
  const what = `token ${tokenIdOf(wishes)}`;
  if (present && !newSecret && kept !== '') {
    if (present.privsep) keep(what);
    else
      await change(`${what} with rights of its own`, Nothing, {
        ...call,
        method: 'PUT',
        params: { privsep: true },
      });
    return { secret: kept ?? null, isNew: false };
  }
  if (present) await change(`${what} without its former secret`, Nothing, { ...call, method: 'DELETE' });
  if (secretFile !== undefined && !isDryRun) await keepSecret(secretFile, '');
  const made = await change(what, NewToken, { ...call, method: 'POST', params: { privsep: true } });
  const secret = made?.value ?? null;
  if (secretFile !== undefined && secret !== null) await keepSecret(secretFile, `${secret}\n`);
  return { secret, isNew: true };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw err;
  }
}

async function keepSecret(file: string, content: string): Promise<void> {
  await writeFile(file, content, { mode: 0o600 });
  await chmod(file, 0o600);
}

/** The role for user and token on every path; a token has only what both have. */
export async function ensureAcl({ read, change, keep, wishes }: Context, paths: string[]): Promise<void> {
  const entries = await read(Acl, { template: '/access/acl' });
  const { role, user } = wishes;
  const tokenId = tokenIdOf(wishes);
  for (const path of paths) {
    const holds = (type: string, ugid: string) =>
      entries.some(
        (entry) =>
          entry.path === path &&
          entry.type === type &&
          entry.ugid === ugid &&
          entry.roleid === role &&
          entry.propagate,
      );
    const what = `role ${role} on ${path} for ${user} and its token`;
    if (holds('user', user) && holds('token', tokenId)) keep(what);
    else
      await change(what, Nothing, {
        method: 'PUT',
        template: '/access/acl',
        params: { path, roles: role, users: user, tokens: tokenId, propagate: true },
      });
  }
}
