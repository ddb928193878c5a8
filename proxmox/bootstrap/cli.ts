import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { ProxmoxError } from '../errors.ts';
import { findCredentials, type CredentialOptions } from './credentials.ts';
import { IMAGES, parseChecksum, type Image } from './images.ts';
import { prepareCluster } from './prepare.ts';
import { describeSettings } from './settings.ts';

/** `npm run proxmox:bootstrap`: prepares a Proxmox VE cluster for Berth through its API alone. */

interface Options extends CredentialOptions {
  url: string[];
  fingerprint?: string;
  caFile?: string;
  role: string;
  user: string;
  token: string;
  pool: string;
  bridge: string;
  storage?: string;
  imageStorage?: string;
  node: string[];
  image: string[];
  imageUrl?: string;
  imageName?: string;
  imageChecksum?: string;
  vmid: number;
  agent: boolean;
  template: boolean;
  secretFile?: string;
  newSecret?: true;
  dryRun?: true;
  check?: true;
}

const parsed =
  <T>(schema: z.ZodType<T>, message: string) =>
  (text: string): T => {
    const result = schema.safeParse(text);
    if (!result.success) throw new InvalidArgumentError(message);
    return result.data;
  };
const list =
  <T>(read: (text: string) => T) =>
  (text: string, before: T[] = []): T[] => [...before, read(text)];

const address = parsed(
  z.url({ protocol: /^https$/ }).refine((text) => !text.includes('@')),
  'An address such as https://pve1.example.net:8006 is needed.',
);
const fingerprint = parsed(
  z.string().regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/i),
  'A SHA-256 fingerprint is needed, as in AB:CD:…',
);
const templateId = parsed(
  z.coerce.number().int().min(100).max(99_000),
  'A number from 100 to 99000 is needed; servers have ids from 100000 on.',
);
const imageNames = IMAGES.map(({ name }) => name);
const imageName = parsed(z.enum(imageNames), `Choose from ${imageNames.join(', ')}.`);
const checksum = (text: string): string => {
  try {
    parseChecksum(text);
    return text;
  } catch (err) {
    throw new InvalidArgumentError((err as Error).message);
  }
};

const program = new Command('proxmox:bootstrap')
  .description('Prepares a Proxmox VE cluster for Berth: role, user, token, rights, pool and templates.')
  .requiredOption(
    '--url <url...>',
    'such as https://pve1.example.net:8006; several are ways to one cluster',
    list(address),
  )
  .addOption(
    new Option('--fingerprint <sha256>', "of the node's certificate")
      .argParser(fingerprint)
      .conflicts('caFile'),
  )
  .option('--ca-file <file>', 'the CA in PEM; without either the CAs of the system decide')
  .option('--username <user>', 'who logs in by password', 'root@pam')
  .option('--password-file <file>', 'holds the password (else PROXMOX_ADMIN_PASSWORD, or it is asked for)')
  .option('--admin-token-id <id>', 'log in by a token of an administrator instead')
  .option('--admin-token-secret-file <file>', 'holds its secret (else PROXMOX_ADMIN_TOKEN_SECRET)')
  .option('--check', 'change nothing, and say what is missing with its remedy')
  .option('--dry-run', 'change nothing, and show the calls that would be made')
  .option('--secret-file <file>', "keeps the token's secret there, for its owner only, instead of showing it")
  .option('--new-secret', 'give the token another secret')
  .option(
    '--node <name>',
    'make templates on this node; repeatable (default: all that are online)',
    list(String),
  )
  .option('--storage <name>', 'for disks (default: the one with most room)')
  .option('--image-storage <name>', 'for downloaded images (default: the one with most room)')
  .option('--bridge <name>', 'that servers are connected to', 'vmbr0')
  .option(
    '--image <name>',
    `template to make; repeatable: ${imageNames.join(', ')} (default: ${imageNames[0]})`,
    list(imageName),
  )
  .option(
    '--image-url <url>',
    'another image in qcow2 format, with --image-name',
    parsed(z.url({ protocol: /^https?$/ }), 'An http or https address is needed.'),
  )
  .option('--image-name <name>', 'what customers see it as, such as debian-13')
  .option('--image-checksum <checksum>', 'sha256:… or sha512:… of the image', checksum)
  .option('--vmid <id>', 'lowest id for templates', templateId, 9000)
  .option('--no-agent', 'the image has no guest agent: a server is ready when it runs')
  .option('--no-template', 'make role, user, token and rights only')
  .option('--role <name>', '', 'Berth')
  .option('--user <user>', '', 'berth@pve')
  .option('--token <name>', '', 'berth')
  .option('--pool <name>', 'for the templates', 'berth');

function imagesOf({ template, image, imageUrl, imageName: name, imageChecksum }: Options): Image[] {
  if (!template) return [];
  const given = imageChecksum === undefined ? {} : { checksum: parseChecksum(imageChecksum) };
  if (imageUrl !== undefined) {
    if (!name || !/^[a-z0-9][a-z0-9.-]*$/i.test(name))
      throw new Error('--image-url needs --image-name NAME, such as debian-13');
    return [{ name, url: imageUrl, ...given }];
  }
  const wanted = image.length > 0 ? image : imageNames.slice(0, 1);
  if (imageChecksum !== undefined && wanted.length > 1) throw new Error('--image-checksum is for one image');
  return IMAGES.filter((one) => wanted.includes(one.name)).map((one) => ({ ...one, ...given }));
}

async function run(options: Options): Promise<number> {
  const { url: endpoints, caFile, fingerprint: pin, role, user, token, pool, bridge } = options;
  const { secretFile, storage, imageStorage } = options;
  const wishes = {
    role,
    user,
    token,
    pool,
    bridge,
    newSecret: options.newSecret ?? false,
    ...(secretFile === undefined ? {} : { secretFile }),
  };
  // Its own rights would be cut down to Berth's in the middle of the work.
  if (options.adminTokenId?.startsWith(`${user}!`)) {
    throw new Error(
      `${options.adminTokenId} belongs to the user that Berth is to have; log in as another administrator`,
    );
  }
  const { ok, secret } = await prepareCluster({
    endpoints,
    trust: {
      ...(pin === undefined ? {} : { fingerprint: pin }),
      ...(caFile === undefined ? {} : { ca: await readFile(caFile, 'utf8') }),
    },
    auth: () => findCredentials(options, process.env),
    wishes,
    where: {
      nodes: options.node,
      ...(storage === undefined ? {} : { storage }),
      ...(imageStorage === undefined ? {} : { imageStorage }),
    },
    images: imagesOf(options),
    firstVmid: options.vmid,
    hasAgent: options.agent,
    isCheck: options.check ?? false,
    isDryRun: options.dryRun ?? false,
    say: (line) => console.log(line),
  });
  if (ok && !options.check && !options.dryRun) {
    const trust = { ...(pin ? { fingerprint: pin } : {}), ...(caFile ? { caFile } : {}) };
    console.log(`\n${describeSettings({ endpoints, ...trust, wishes, secret })}`);
  }
  return ok ? 0 : 1;
}

try {
  const options = program.parse().opts<Options>();
  process.exitCode = await run({ ...options, node: options.node ?? [], image: options.image ?? [] });
} catch (err) {
  const isRefused = err instanceof ProxmoxError && err.status === 401;
  console.error(
    err instanceof Error ? (isRefused ? `The login is refused: ${err.message}` : err.message) : err,
  );
  // Not 1, which says that something is missing.
  process.exitCode = 2;
}
