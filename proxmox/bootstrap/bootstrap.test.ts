import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { judgeBootstrapVersion } from './check.ts';
import { prepareCluster, type Preparation } from './prepare.ts';
import { NEEDED_PRIVILEGES } from '../privileges.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../testbed/proxmox/simulator.ts';
import { seedStandalone } from '../../testbed/proxmox/standalone-seed.ts';

const PASSWORD = 'hunter2-hunter2';
const MIB = 1024 ** 2;

/** The header of a qcow2 file whose disk has 2 GiB, and enough more to be fetched in pieces. */
const IMAGE = Buffer.alloc(65_536);
IMAGE.writeUInt32BE(0x514649fb, 0);
IMAGE.writeBigUInt64BE(2048n * BigInt(MIB), 24);
const SHA256 = createHash('sha256').update(IMAGE).digest('hex');

let files: Server;
let imageUrl: string;
let dir: string;
let secretFile: string;
let simulator: Simulator;
let said: string[];

beforeAll(async () => {
  files = createServer((req, res) => {
    res.writeHead(200, { 'content-length': IMAGE.length });
    res.end(req.method === 'GET' ? IMAGE : undefined);
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  imageUrl = `http://127.0.0.1:${(files.address() as AddressInfo).port}/debian-13.qcow2`;
});
afterAll(async () => {
  files.closeAllConnections();
  await new Promise((resolve) => files.close(resolve));
});

/** A cluster that has never heard of Berth. */
async function startFresh(options: SimulatorOptions & { nodes?: number } = {}): Promise<Simulator> {
  const { nodes = 1, release = '9.2', ...rest } = options;
  const state = seedStandalone({ nodes, release, rootPassword: PASSWORD });
  const started = await startSimulator({ speed: 0, state, ...rest });
  delete state.access.users['berth@pve'];
  state.access.acl = [];
  return started;
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'berth-bootstrap-'));
  secretFile = join(dir, 'secret');
  said = [];
  simulator = await startFresh();
});
afterEach(async () => {
  await simulator.close();
  await rm(dir, { recursive: true });
});

type Changes = Partial<Omit<Preparation, 'wishes'>> & { wishes?: Partial<Preparation['wishes']> };

function preparation({ wishes, ...changes }: Changes = {}): Preparation {
  return {
    endpoints: [simulator.url],
    trust: { ca: simulator.ca },
    auth: async () => ({ ticket: { username: 'root@pam', password: PASSWORD } }),
    wishes: {
      role: 'Berth',
      user: 'berth@pve',
      token: 'berth',
      pool: 'berth',
      bridge: 'vmbr0',
      secretFile,
      newSecret: false,
      ...wishes,
    },
    where: { nodes: [] },
    images: [{ name: 'debian-13', url: imageUrl, checksum: { algorithm: 'sha256', hex: SHA256 } }],
    firstVmid: 9500,
    hasAgent: true,
    isCheck: false,
    isDryRun: false,
    say: (line) => said.push(line),
    pollMs: 20,
    ...changes,
  };
}

const prepare = (changes?: Changes) => prepareCluster(preparation(changes));

/** Codes of the findings that were said, with what they are about. */
function findings(): string[] {
  return said.flatMap((text) =>
    [...text.matchAll(/^(?:error|warning) (\w+): (.*)$/gm)].map(([, code = '', message = '']) => {
      const [, privilege, path] = /lacks? (\S+) on (\S+)\.$/.exec(message) ?? [];
      return [code, privilege, path].filter(Boolean).join(' ');
    }),
  );
}

const copyOf = <T>(state: T): T => JSON.parse(JSON.stringify(state)) as T;

const changingCalls = () =>
  simulator.calls
    .filter(({ method, path }) => method !== 'GET' && path !== '/access/ticket')
    .map(({ method, path }) => `${method} ${path.split('?')[0]}`);

/** What a prepared cluster has, apart from ids and times. */
function outcome() {
  const { access, pools, vms, volumes } = simulator.state;
  const tokens = access.users['berth@pve']?.tokens ?? {};
  return {
    role: access.roles['Berth'],
    tokens: Object.entries(tokens).map(([name, { privsep }]) => ({ name, privsep })),
    acl: access.acl.toSorted((a, b) => `${a.path}${a.type}`.localeCompare(`${b.path}${b.type}`)),
    pools: pools.map(({ poolid, members }) => ({ poolid, members: members.length })),
    templates: Object.values(vms)
      .filter(({ config }) => config['tags'] === 'berth-template')
      .map(({ node, config }) => ({ node, name: config['name'], template: config['template'] })),
    images: Object.values(volumes).filter(({ content }) => content === 'import').length,
  };
}

describe('a fresh cluster', () => {
  it.each(['8.4', '9.2'] as const)(
    'that runs %s is prepared, and Berth can do all it needs',
    async (release) => {
      await simulator.close();
      simulator = await startFresh({ release });
      const { ok, secret } = await prepare();
      expect({ ok, lastWords: said.at(-1) }).toEqual({
        ok: true,
        lastWords: 'tested     berth@pve!berth: it can do all that Berth needs',
      });
      expect(await readFile(secretFile, 'utf8')).toBe(`${secret}\n`);
      expect((await stat(secretFile)).mode & 0o777).toBe(0o600);
      expect(said.join('\n')).not.toContain(secret);
      const other = release === '8.4' ? 'from 9' : 'before 9';
      const privileges = NEEDED_PRIVILEGES.filter(({ releases }) => releases !== other);
      const entry = { roleid: 'Berth', propagate: 1 };
      const paths = ['/nodes', '/sdn/zones/localnetwork/vmbr0', '/storage/dir1', '/vms'];
      expect(outcome()).toEqual({
        role: privileges.map(({ privilege }) => privilege),
        tokens: [{ name: 'berth', privsep: 1 }],
        acl: paths.flatMap((path) => [
          { path, type: 'token', ugid: 'berth@pve!berth', ...entry },
          { path, type: 'user', ugid: 'berth@pve', ...entry },
        ]),
        pools: [{ poolid: 'berth', members: 1 }],
        templates: [{ node: 'pve1', name: 'debian-13', template: 1 }],
        images: 1,
      });
    },
  );

  it('gets a template with cloud-init, agent, serial console and boot order', async () => {
    await prepare();
    const config = simulator.state.vms[9500]?.config;
    expect(config).toMatchObject({
      name: 'debian-13',
      tags: 'berth-template',
      template: 1,
      boot: 'order=scsi0',
      scsi0: expect.stringMatching(/base-9500-disk-0\.qcow2.*size=2G/),
      ide2: expect.stringMatching(/cloudinit.*media=cdrom/),
      net0: expect.stringContaining('bridge=vmbr0'),
      serial0: 'socket',
      vga: 'serial0',
      agent: 'enabled=1',
      ostype: 'l26',
    });
  });

  it('gets a template on each node', async () => {
    await simulator.close();
    simulator = await startFresh({ nodes: 2 });
    await prepare();
    expect(outcome().templates.map(({ node }) => node)).toEqual(['pve1', 'pve2']);
  });

  it('is left as it is by a second run, which says so', async () => {
    await prepare();
    const before = copyOf(simulator.state);
    said = [];
    const calls = changingCalls().length;
    expect(await prepare()).toMatchObject({ ok: true, changes: 0 });
    expect(said.at(-1)).toBe('Nothing to do: everything is as it should be.');
    expect(changingCalls()).toHaveLength(calls);
    expect(outcome()).toMatchObject({ tokens: [{ name: 'berth' }], images: 1 });
    const { vms, access } = copyOf(simulator.state);
    expect({ vms, access }).toEqual({ vms: before.vms, access: before.access });
  });

  it('is left as it is by a dry run, which shows each call that would be made', async () => {
    expect(await prepare({ isDryRun: true })).toMatchObject({ ok: true });
    expect(changingCalls()).toEqual([]);
    const shown = said.flatMap((text) => /^ {11}([A-Z]+ \S+)/m.exec(text)?.[1] ?? []);
    await prepare();
    expect(shown.map((call) => call.replace('<vmid>', '9500'))).toEqual(
      changingCalls().map(decodeURIComponent),
    );
  });
});

describe('a run that was cut off', () => {
  it('is gone on with, wherever a call took effect and its answer was lost', async () => {
    await prepare();
    const wanted = outcome();
    const steps = changingCalls();
    expect(steps).toHaveLength(11);
    const runs: unknown[] = [];
    for (const [index, step] of steps.entries()) {
      await simulator.close();
      await rm(secretFile, { force: true });
      simulator = await startFresh();
      const [method, path] = step.split(' ') as ['POST' | 'PUT', string];
      const skip = steps.slice(0, index).filter((earlier) => earlier === step).length;
      simulator.faults.add({ action: 'drop', when: 'after', method, path: `^${path}$`, skip });
      const isCutOff = await prepare().then(
        () => false,
        () => true,
      );
      const { ok } = await prepare();
      runs.push({ step, isCutOff, ok, outcome: outcome() });
    }
    expect(runs).toEqual(steps.map((step) => ({ step, isCutOff: true, ok: true, outcome: wanted })));
  });

  it('by kill -9 while the disk is copied is gone on with', async () => {
    await simulator.close();
    simulator = await startFresh({ speed: 0.3 });
    const passwordFile = join(dir, 'password');
    await writeFile(passwordFile, `${PASSWORD}\n`);
    const args = [
      ['--url', simulator.url, '--fingerprint', simulator.fingerprint, '--password-file', passwordFile],
      ['--secret-file', secretFile, '--vmid', '9500', '--image-url', imageUrl],
      ['--image-name', 'debian-13', '--image-checksum', `sha256:${SHA256}`],
    ].flat();
    const run = execa(process.execPath, [join(import.meta.dirname, 'cli.ts'), ...args], {
      reject: false,
    });
    await expect.poll(() => changingCalls().at(-1), { timeout: 20_000 }).toBe('POST /nodes/pve1/qemu');
    run.kill('SIGKILL');
    await run;
    expect(simulator.state.vms[9500]?.config['lock']).toBe('create');
    expect(await prepare()).toMatchObject({ ok: true });
    expect(outcome()).toMatchObject({ images: 1, templates: [{ template: 1 }] });
    expect(changingCalls().filter((call) => call === 'POST /nodes/pve1/qemu')).toHaveLength(1);
  });

  it('between making the token and keeping its secret makes another token', async () => {
    await prepare();
    await writeFile(secretFile, '');
    const before = simulator.state.access.users['berth@pve']?.tokens['berth']?.secret;
    const { secret, ok } = await prepare();
    expect(ok).toBe(true);
    expect(secret).not.toBe(before);
    expect(await readFile(secretFile, 'utf8')).toBe(`${secret}\n`);
  });
});

describe('the token', () => {
  it('keeps its secret unless another is asked for', async () => {
    const { secret } = await prepare();
    expect((await prepare()).secret).toBe(secret);
    const renewed = await prepare({ wishes: { newSecret: true } });
    expect(renewed.ok).toBe(true);
    expect(renewed.secret).not.toBe(secret);
  });

  it('that another has made is kept, and it is said that its secret is not known', async () => {
    await prepare();
    await rm(secretFile);
    expect(await prepare()).toMatchObject({ ok: true, secret: null });
    expect(said.join('\n')).toContain('--new-secret replaces it');
  });
});

describe('--check', () => {
  it('names what is missing on a fresh cluster, and is content with a prepared one', async () => {
    expect(await prepare({ isCheck: true })).toMatchObject({ ok: false });
    expect(findings()).toEqual(['role_missing', 'pool_missing', 'user_missing', 'template_missing']);
    expect(changingCalls()).toEqual([]);
    await prepare();
    said = [];
    expect(await prepare({ isCheck: true })).toMatchObject({ ok: true });
    expect(said).toEqual(['Proxmox VE 9.2.11', 'The cluster is ready for Berth.']);
  });

  it.each(
    NEEDED_PRIVILEGES.filter(({ releases }) => releases !== 'before 9').map(({ privilege }) => privilege),
  )('names %s when the token lacks it', async (privilege) => {
    await prepare({ images: [] });
    said = [];
    const { roles } = simulator.state.access;
    roles['Berth'] = (roles['Berth'] ?? []).filter((name) => name !== privilege);
    expect(await prepare({ images: [], isCheck: true })).toMatchObject({ ok: false });
    expect(findings()).toEqual([expect.stringMatching(new RegExp(`^privilege_missing ${privilege} /`))]);
  });

  it('names what an admin with too few rights lacks, path by path', async () => {
    const { access } = simulator.state;
    const admin = { enable: 1, expire: 0, groups: [], tokens: { a: { secret: 's', privsep: 0, expire: 0 } } };
    access.users['half@pve'] = admin;
    access.acl = ['/vms', '/nodes', '/storage', '/sdn'].map((path) => {
      return { path, type: 'user' as const, ugid: 'half@pve', roleid: 'PVEAdmin', propagate: 1 };
    });
    const auth = async () => ({ token: { id: 'half@pve!a', secret: 's' } });
    expect(await prepare({ auth })).toMatchObject({ ok: false });
    expect(changingCalls()).toEqual([]);
    expect(findings()).toEqual([
      'admin_privilege_missing Sys.Modify /access',
      'admin_privilege_missing Sys.Audit /access',
      'admin_privilege_missing Realm.AllocateUser /access/realm/pve',
      'admin_privilege_missing User.Modify /access/groups',
      'admin_privilege_missing Pool.Allocate /pool/berth',
      'admin_privilege_missing Permissions.Modify /vms',
      'admin_privilege_missing Permissions.Modify /nodes',
      'admin_privilege_missing Sys.AccessNetwork /nodes/pve1',
      'admin_privilege_missing Permissions.Modify /storage/dir1',
      'admin_privilege_missing Permissions.Modify /sdn/zones/localnetwork/vmbr0',
    ]);
  });

  it.each<[string, () => Changes | undefined, string]>([
    ['a node that is not there', () => ({ where: { nodes: ['pve7'] } }), 'node_missing'],
    ['a storage that is not there', () => ({ where: { nodes: [], storage: 'nas' } }), 'storage_missing'],
    ['a bridge that is not there', () => ({ wishes: { bridge: 'vmbr7' } }), 'bridge_missing'],
    ['no storage for images', () => setStorages({ content: 'images,iso' }), 'storage_content_missing'],
    ['no storage for disks', () => setStorages({ content: 'import,iso' }), 'storage_content_missing'],
    [
      'storages that are full',
      () => setStorages({ total: 1024 * MIB, baseUsed: 1000 * MIB }),
      'storage_full',
    ],
  ])('names %s, and nothing is made then', async (_what, arrange, code) => {
    expect(await prepare(arrange())).toMatchObject({ ok: false });
    expect(new Set(findings())).toEqual(new Set([code]));
    expect(changingCalls()).toEqual([]);
  });

  it('names a release whose API cannot import images', () => {
    expect(judgeBootstrapVersion('8.3.2').map(({ code }) => code)).toEqual(['version_too_old']);
    expect(judgeBootstrapVersion('8.4.0')).toEqual([]);
  });
});

function setStorages(change: Partial<(typeof simulator.state.storages)[number]>): undefined {
  for (const storage of simulator.state.storages) Object.assign(storage, change);
}

it('takes a snippet that installs the agent, where an admin has put one', async () => {
  const volid = 'local:snippets/berth-agent.yaml';
  simulator.state.volumes[`pve1/${volid}`] = {
    volid,
    node: 'pve1',
    storage: 'local',
    content: 'snippets',
    format: 'raw',
    vmid: 0,
    size: 1,
    used: 1,
    ctime: 1,
    parent: null,
    system: null,
  } as never; // the simulator makes no snippets, as its API cannot either
  await prepare();
  expect(simulator.state.vms[9500]?.config['cicustom']).toBe(`vendor=${volid}`);
});

it('sends no password to a server whose certificate is not trusted', async () => {
  const asked: string[] = [];
  const auth = async () => {
    asked.push('password');
    return { ticket: { username: 'root@pam', password: PASSWORD } };
  };
  expect(await prepare({ trust: {}, auth })).toMatchObject({ ok: false });
  expect(findings()).toEqual(['tls_self_signed']);
  expect(asked).toEqual([]);
  expect(simulator.calls.map(({ path }) => path)).toEqual([]);
});

describe('the command', () => {
  async function run(args: string[], env: Record<string, string> = {}) {
    const cli = join(import.meta.dirname, 'cli.ts');
    const common = ['--url', simulator.url, '--fingerprint', simulator.fingerprint];
    return execa(process.execPath, [cli, ...common, ...args], { env, reject: false, stdin: 'ignore' });
  }

  it('prints the settings and the command for Berth, and the secret once when no file keeps it', async () => {
    const env = { PROXMOX_ADMIN_PASSWORD: PASSWORD };
    const first = await run(['--no-template'], env);
    expect(first.exitCode).toBe(0);
    const { secret } = simulator.state.access.users['berth@pve']?.tokens['berth'] ?? {};
    const settings = [
      `PROXMOX_URL=${simulator.url}`,
      `PROXMOX_FINGERPRINT=${simulator.fingerprint}`,
      "PROXMOX_TOKEN_ID='berth@pve!berth'",
    ];
    expect(first.stdout).toContain([...settings, `PROXMOX_TOKEN_SECRET=${secret}`].join('\n'));
    expect(first.stdout).toContain('npm run cluster:add -- --name <name>');
    expect(first.stdout).toMatch(/--token-secret-file <file>$/);
    const second = await run(['--no-template'], env);
    expect(second.exitCode).toBe(0);
    expect(second.stdout).toContain('Nothing to do');
    expect(first.stdout + second.stdout + first.stderr).not.toContain(PASSWORD);
    expect(second.stdout).not.toContain(secret);
  });

  it('does not log in as the user whose rights it is about to limit', async () => {
    const { exitCode, stderr } = await run(['--admin-token-id', 'berth@pve!other'], {
      PROXMOX_ADMIN_TOKEN_SECRET: 'hunter2',
    });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: 'berth@pve!other belongs to the user that Berth is to have; log in as another administrator',
    });
  });

  it('exits with 0 when a check is content, 1 when something is missing, 2 when it cannot tell', async () => {
    const env = { PROXMOX_ADMIN_PASSWORD: PASSWORD };
    expect(await run(['--check', '--no-template'], env)).toMatchObject({ exitCode: 1 });
    await prepare({ images: [] });
    expect(await run(['--check', '--no-template'], env)).toMatchObject({ exitCode: 0 });
    const wrong = await run(['--check'], { PROXMOX_ADMIN_PASSWORD: 'wrong-password' });
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('The login is refused') });
    expect(wrong.stderr).not.toContain('wrong-password');
    const none = await run(['--check']);
    expect(none).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--password-file') });
  });
});
