import { z } from 'zod';
import { privilegeMissing, type ConnectionCode } from '../connection-test.ts';
import { error, type Finding } from '../findings.ts';
import { bridgePath, NODES_PATH, ofPlace, privilegesOf, storagePath, VMS_PATH } from '../privileges.ts';
import { TEMPLATE_TAG } from '../template-tag.ts';
import { aclPaths, Pools, Tokens, Users } from './access.ts';
import type { CheckCode } from './codes.ts';
import { tokenIdOf, type Context } from './context.ts';
import type { Image } from './images.ts';
import type { Place } from './places.ts';
import { findAgentSnippet } from './template.ts';

/** What the one who prepares a cluster needs; root@pam has all of it. */
const ADMIN_PRIVILEGES: { privileges: string; path: (place: Place, pool: string) => string }[] = [
  { privileges: 'Sys.Modify Sys.Audit', path: () => '/access' },
  { privileges: 'Realm.AllocateUser', path: () => '/access/realm/pve' },
  { privileges: 'User.Modify', path: () => '/access/groups' },
  { privileges: 'Pool.Allocate', path: (_place, pool) => `/pool/${pool}` },
  {
    privileges: `Permissions.Modify VM.Allocate VM.Audit VM.Config.Disk VM.Config.CDROM VM.Config.CPU VM.Config.Memory
      VM.Config.Network VM.Config.HWType VM.Config.Options VM.Config.Cloudinit`,
    path: () => VMS_PATH,
  },
  { privileges: 'Permissions.Modify', path: () => NODES_PATH },
  { privileges: 'Sys.AccessNetwork Sys.Audit', path: ({ node }) => `/nodes/${node}` },
  {
    privileges: 'Permissions.Modify Datastore.AllocateSpace',
    path: ({ storage }) => storagePath(storage),
  },
  {
    privileges: 'Datastore.AllocateTemplate Datastore.AllocateSpace',
    path: ({ imageStorage }) => storagePath(imageStorage),
  },
  { privileges: 'Permissions.Modify SDN.Use', path: ({ bridge }) => bridgePath(bridge) },
];

type Found = Finding<CheckCode | ConnectionCode>;

/** Plain images can be imported by the API since then. */
const OLDEST = [8, 4] as const;

/** Whether the release can be prepared through its API alone. */
export function judgeBootstrapVersion(version: string): Found[] {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return [];
  return [
    error(
      'version_too_old',
      `The cluster runs Proxmox VE ${version}; images can be imported through the API from ${OLDEST.join('.')} on.`,
      'Upgrade it, or prepare it with --no-template and make templates by hand.',
    ),
  ];
}

/** What the admin who asks may not do. */
export async function findMissingAdminRights(
  { proxmox, wishes }: Context,
  places: Place[],
): Promise<Found[]> {
  const wanted = new Map<string, Set<string>>();
  for (const place of places) {
    for (const { privileges, path } of ADMIN_PRIVILEGES) {
      const at = path(place, wishes.pool);
      const known = wanted.get(at) ?? new Set();
      for (const privilege of privileges.split(/\s+/)) known.add(privilege);
      wanted.set(at, known);
    }
  }
  const findings: Found[] = [];
  for (const [path, privileges] of wanted) {
    const held = (await proxmox.permissions({ path }))[path] ?? {};
    for (const privilege of privileges) {
      if (privilege in held) continue;
      findings.push({
        ...error(
          'admin_privilege_missing',
          `You lack ${privilege} on ${path}.`,
          'Do this as root@pam, or with a token of somebody who has the role Administrator on /.',
        ),
        path,
        privilege,
      });
    }
  }
  return findings;
}

const Roles = z.array(z.object({ roleid: z.string() }));
const AGAIN = 'Run npm run proxmox:bootstrap without --check.';

/** What is not there yet of what the preparation makes. */
export async function findGaps(context: Context, places: Place[], images: Image[]): Promise<Found[]> {
  const { read, wishes } = context;
  const gaps: Found[] = [];
  const roles = await read(Roles, { template: '/access/roles' });
  if (!roles.some(({ roleid }) => roleid === wishes.role))
    gaps.push(error('role_missing', `There is no role ${wishes.role}.`, AGAIN));
  const pools = await read(Pools, { template: '/pools' });
  if (!pools.some(({ poolid }) => poolid === wishes.pool))
    gaps.push(error('pool_missing', `There is no pool ${wishes.pool}.`, AGAIN));
  gaps.push(...(await findIdentityGaps(context, places)));
  for (const place of places) gaps.push(...(await findTemplateGaps(context, place, images)));
  return gaps;
}

async function findIdentityGaps(context: Context, places: Place[]): Promise<Found[]> {
  const { read, wishes, proxmox, version } = context;
  const { user, token, bridge } = wishes;
  const users = await read(Users, { template: '/access/users' });
  const present = users.find(({ userid }) => userid === user);
  if (!present) return [error('user_missing', `There is no user ${user}.`, AGAIN)];
  if (!present.enable) return [error('user_disabled', `The user ${user} is disabled.`, AGAIN)];
  const tokens = await read(Tokens, {
    template: '/access/users/{userid}/token',
    path: { userid: user },
  });
  if (!tokens.some(({ tokenid }) => tokenid === token))
    return [error('token_missing', `There is no token ${tokenIdOf(wishes)}.`, AGAIN)];
  const needed = privilegesOf(version);
  const storages = [...new Set(places.map(({ storage }) => storage))];
  const wantedOn: Record<string, string[]> = {
    [VMS_PATH]: ofPlace(needed, 'vms'),
    [NODES_PATH]: ofPlace(needed, 'nodes'),
    [bridgePath(bridge)]: ofPlace(needed, 'network'),
  };
  const gaps: Found[] = [];
  for (const path of aclPaths(bridge, storages)) {
    const held = (await proxmox.permissions({ path, userid: tokenIdOf(wishes) }))[path] ?? {};
    const missing = (wantedOn[path] ?? ofPlace(needed, 'storage')).filter((one) => !(one in held));
    gaps.push(...missing.map((privilege) => privilegeMissing(tokenIdOf(wishes), path, privilege)));
  }
  return gaps;
}

async function findTemplateGaps(context: Context, { node }: Place, images: Image[]): Promise<Found[]> {
  const offered = (await context.proxmox.listVms(node)).filter(
    ({ template, tags }) => template && tags.includes(TEMPLATE_TAG),
  );
  return images
    .filter((image) => !offered.some(({ name }) => name === image.name))
    .map(({ name }) => error('template_missing', `Node ${node} has no template ${name}.`, AGAIN));
}

/** What an admin puts on a storage to have the guest agent installed at a server's first start. */
export const AGENT_SNIPPET_TEXT = `#cloud-config
packages: [qemu-guest-agent]
runcmd:
  - [systemctl, enable, --now, qemu-guest-agent]
`;

/** The images that are offered come without a guest agent, and no file for it can be sent through the API. */
export async function findMissingAgent(context: Context, places: Place[]): Promise<Found[]> {
  const without: string[] = [];
  for (const { node } of places) if (!(await findAgentSnippet(context, node))) without.push(node);
  if (without.length === 0) return [];
  return [
    {
      code: 'agent_missing',
      level: 'warning',
      message: `Cloud images come without the guest agent, and ${without.join(', ')} ${without.length > 1 ? 'have' : 'has'} no snippet berth-agent.yaml that installs it: servers will not become ready.`,
      remedy:
        'Put the snippet of docs/proxmox.md on a storage for snippets before the template is made; or use --image-url with an image that has the agent, or --no-agent, by which a server is ready when it runs.',
    },
  ];
}
