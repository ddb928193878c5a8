import { z } from 'zod';
import { RescueIso } from './contract/clusters.ts';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const flag = z.stringbool().default(false);
const list = z.string().transform((text) => text.split(',').map((item) => item.trim()));

const Database = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'a postgres:// URL' }),
});

/** For commands that seal something. */
const Sealing = Database.extend({
  BERTH_SECRETS_KEY: z
    .base64({ error: '32 random bytes in base64: openssl rand -base64 32' })
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((key) => key.length === 32, { error: '32 random bytes in base64: openssl rand -base64 32' }),
});

const Common = Sealing.extend({
  BERTH_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  BERTH_QUEUE_PREFIX: z.string().default(''),
  BERTH_DATABASE_POOL: z.coerce.number().int().min(2).max(200).default(20),
});

/** The API has to know whether mails are sent, the worker sends them. */
const Mail = {
  BERTH_MAIL_URL: z
    .url({ protocol: /^(smtps?|file)$/, error: 'smtp://, smtps:// or file:///folder' })
    .optional(),
  BERTH_MAIL_FROM: z.string().optional(),
};

type MailEnv = { BERTH_MAIL_URL?: string | undefined; BERTH_MAIL_FROM?: string | undefined };
const hasSender = ({ BERTH_MAIL_URL: mail, BERTH_MAIL_FROM: from }: MailEnv): boolean =>
  !mail || from !== undefined;
const NEEDS_SENDER = {
  path: ['BERTH_MAIL_FROM'],
  error: 'BERTH_MAIL_URL needs BERTH_MAIL_FROM, such as Berth <no-reply@example.net>',
};

const Api = Common.extend({
  BERTH_API_HOST: z.string().default('127.0.0.1'),
  BERTH_API_PORT: port(3000),
  BERTH_JWT_SECRET: z.string().min(32, { error: 'at least 32 characters' }),
  BERTH_PUBLIC_URL: z.url().optional(),
  BERTH_TRUST_PROXY: flag,
  BERTH_QUARANTINE_HOURS: z.coerce.number().int().min(1).max(8_760).optional(),
  BERTH_DELETE_GRACE_HOURS: z.coerce.number().min(0).max(8_760).optional(),
  TEMPORAL_UI_URL: z.url().optional(),
  ...Mail,
})
  .refine(hasSender, NEEDS_SENDER)
  // A link made from what a request calls this host could lead anywhere.
  .refine(
    ({ BERTH_MAIL_URL: mail, BERTH_PUBLIC_URL: url }) => !mail?.startsWith('smtp') || url !== undefined,
    {
      path: ['BERTH_PUBLIC_URL'],
      error: 'mails carry links to it: set it where BERTH_MAIL_URL is set',
    },
  );

const Proxmox = z.object({
  PROXMOX_URL: list
    .pipe(z.array(z.url({ protocol: /^https$/, error: 'https:// URLs, comma-separated' })))
    .optional(),
  PROXMOX_FINGERPRINT: z
    .string()
    .regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/i, { error: 'the SHA-256 fingerprint, as in AB:CD:…' })
    .optional(),
  PROXMOX_CA: z.string().optional(),
  PROXMOX_TOKEN_ID: z
    .string()
    .regex(/^[^@!]+@[^@!]+![^@!]+$/, { error: 'of the form user@realm!name' })
    .optional(),
  PROXMOX_TOKEN_SECRET: z.string().optional(),
  PROXMOX_LOCATION: z.string().default('Default'),
  PROXMOX_SNIPPETS_STORAGE: z.string().optional(),
  PROXMOX_SNIPPETS_DIR: z.string().optional(),
  PROXMOX_RESCUE_ISO: RescueIso.optional(),
});

const hasToken = (env: z.infer<typeof Proxmox>): boolean =>
  !env.PROXMOX_URL || Boolean(env.PROXMOX_TOKEN_ID && env.PROXMOX_TOKEN_SECRET);
const NEEDS_TOKEN = {
  path: ['PROXMOX_TOKEN_ID'],
  error: 'PROXMOX_URL needs PROXMOX_TOKEN_ID and PROXMOX_TOKEN_SECRET',
};

const Worker = Common.extend({
  BERTH_WORKER_HOST: z.string().default('127.0.0.1'),
  BERTH_WORKER_PORT: port(3001),
  BERTH_WORKFLOW_BUNDLE: z.string().optional(),
  ...Mail,
  ...Proxmox.shape,
})
  .refine(hasToken, NEEDS_TOKEN)
  .refine(hasSender, NEEDS_SENDER);

const Seed = Common.extend({
  ...Proxmox.shape,
  /** Addresses for examples are of use on a simulated cluster only. */
  BERTH_SEED_SIMULATOR: flag,
  BERTH_CUSTOMER_EMAIL: z.email(),
  BERTH_CUSTOMER_PASSWORD: z.string().min(10),
  BERTH_ADMIN_EMAIL: z.email(),
  BERTH_ADMIN_PASSWORD: z.string().min(10),
}).refine(hasToken, NEEDS_TOKEN);

const NewCluster = Sealing.extend({ PROXMOX_TOKEN_SECRET: z.string().optional() });

const Migration = Sealing.extend({
  BERTH_QUEUE_PREFIX: z.string().default(''),
  BERTH_PUBLIC_URL: z.url().optional(),
});

const SCHEMAS = {
  database: Database,
  cluster: NewCluster,
  migration: Migration,
  api: Api,
  worker: Worker,
  seed: Seed,
} as const;
type Kind = keyof typeof SCHEMAS;

/**
 * Reads the environment of one kind of process. Throws one error that names every bad variable, never its value.
 * Temporal's own variables are read by @temporalio/envconfig.
 */
export function loadConfig<K extends Kind>(kind: K, env: NodeJS.ProcessEnv): z.infer<(typeof SCHEMAS)[K]> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = SCHEMAS[kind].safeParse(given);
  if (result.success) return result.data as z.infer<(typeof SCHEMAS)[K]>;
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`The environment is not complete (see .env.example):\n${lines.join('\n')}`);
}
