import { z } from 'zod';

/** Columns differ from install to install, since modules alter them: a number may come as text and a text as bytes. */
const Text = z
  .union([z.string(), z.number(), z.null(), z.instanceof(Uint8Array)])
  .transform((value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value ?? ''),
  );
const Int = z
  .union([z.number(), z.string().regex(/^-?\d+$/), z.null()])
  .transform((value) => Number(value ?? 0));
const OptionalInt = z
  .union([z.number(), z.string(), z.null()])
  .transform((value) => (value === null || value === '' ? null : Number(value)));
/** Decimals stay text, so that no cent is lost. */
const Decimal = z.union([z.string(), z.number()]).transform(String);
const DateText = z.string().nullable();
/** 'on' and '' in old tables, 1 and 0 in new ones; modules also write '0'. */
const Flag = Text.transform((text) => text === 'on' || text === '1');

const plainText = (value: unknown) =>
  typeof value === 'string'
    ? value
    : value === null || typeof value === 'number'
      ? String(value ?? '')
      : undefined;
const plainNumber = (value: unknown) =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
/**
 * What a column's schema makes of nearly all values, of which there are millions, without asking it; undefined where it
 * has to be asked.
 */
export const PLAIN = new Map<unknown, (value: unknown) => string | number | null | undefined>([
  [Text, plainText],
  [Int, plainNumber],
  [OptionalInt, (value) => (value === null ? null : plainNumber(value))],
  [Decimal, (value) => (typeof value === 'string' ? value : undefined)],
  [DateText, (value) => (value === null || typeof value === 'string' ? value : undefined)],
]);

export const LegacyClient = z.object({
  id: Int,
  firstname: Text,
  lastname: Text,
  companyname: Text,
  email: Text,
  address1: Text,
  address2: Text,
  city: Text,
  state: Text,
  postcode: Text,
  country: Text,
  phonenumber: Text,
  tax_id: Text,
  currency: Int,
  credit: Decimal,
  datecreated: DateText,
  status: Text,
  language: Text,
  marketing_emails_opt_in: Int,
});
export type LegacyClient = z.infer<typeof LegacyClient>;

export const LegacyUser = z.object({
  id: Int,
  first_name: Text,
  last_name: Text,
  email: Text,
  password: Text,
  language: Text,
  second_factor: Text,
  email_verified_at: DateText,
  created_at: DateText,
});
export type LegacyUser = z.infer<typeof LegacyUser>;

export const LegacyMembership = z.object({
  id: Int,
  auth_user_id: Int,
  client_id: Int,
  owner: Int,
  permissions: Text,
});
export type LegacyMembership = z.infer<typeof LegacyMembership>;

export const LegacyService = z.object({
  id: Int,
  userid: Int,
  packageid: Int,
  server: Int,
  regdate: DateText,
  domain: Text,
  qty: Int,
  amount: Decimal,
  billingcycle: Text,
  nextduedate: DateText,
  domainstatus: Text,
  username: Text,
  notes: Text,
  suspendreason: Text,
  dedicatedip: Text,
  assignedips: Text,
});
export type LegacyService = z.infer<typeof LegacyService>;

export const LegacyServiceOption = z.object({ id: Int, relid: Int, configid: Int, optionid: Int, qty: Int });
export type LegacyServiceOption = z.infer<typeof LegacyServiceOption>;

export const LegacyFieldValue = z.object({ id: Int, fieldid: Int, relid: Int, value: Text });
export type LegacyFieldValue = z.infer<typeof LegacyFieldValue>;

export const LegacyServiceAddon = z.object({
  id: Int,
  hostingid: Int,
  addonid: Int,
  name: Text,
  qty: Int,
  status: Text,
  recurring: Decimal,
  billingcycle: Text,
});
export type LegacyServiceAddon = z.infer<typeof LegacyServiceAddon>;

export const LegacyUpgrade = z.object({ id: Int, relid: Int, type: Text, status: Text, newvalue: Text });
export type LegacyUpgrade = z.infer<typeof LegacyUpgrade>;

export const LegacyCancelRequest = z.object({ id: Int, relid: Int, date: DateText, type: Text });
export type LegacyCancelRequest = z.infer<typeof LegacyCancelRequest>;

export const LegacyQueuedAction = z.object({
  id: Int,
  service_type: Text,
  service_id: Int,
  module_action: Text,
  completed: Int,
});
export type LegacyQueuedAction = z.infer<typeof LegacyQueuedAction>;

const SETTINGS = Array.from({ length: 24 }, (_, n) => `configoption${n + 1}` as const);
export const LegacyProduct = z
  .object({ id: Int, type: Text, name: Text, servertype: Text, retired: Int })
  // The type of the entries is lost on the way.
  .extend(
    Object.fromEntries(SETTINGS.map((name) => [name, Text])) as Record<`configoption${number}`, typeof Text>,
  );
export type LegacyProduct = z.infer<typeof LegacyProduct>;

export const LegacyConfigLink = z.object({ gid: Int, pid: Int });
export type LegacyConfigLink = z.infer<typeof LegacyConfigLink>;

export const LegacyConfigOption = z.object({
  id: Int,
  gid: Int,
  optionname: Text,
  optiontype: Text,
  hidden: Int,
});
export type LegacyConfigOption = z.infer<typeof LegacyConfigOption>;

export const LegacySubOption = z.object({ id: Int, configid: Int, optionname: Text, hidden: Int });
export type LegacySubOption = z.infer<typeof LegacySubOption>;

export const LegacyCustomField = z.object({
  id: Int,
  type: Text,
  relid: Int,
  fieldname: Text,
  fieldtype: Text,
  adminonly: Flag,
});
export type LegacyCustomField = z.infer<typeof LegacyCustomField>;

export const LegacyAddon = z.object({ id: Int, name: Text });
export type LegacyAddon = z.infer<typeof LegacyAddon>;

export const LegacyServer = z.object({ id: Int, name: Text, hostname: Text, type: Text, disabled: Int });
export type LegacyServer = z.infer<typeof LegacyServer>;

export const LegacyCurrency = z.object({ id: Int, code: Text });
export type LegacyCurrency = z.infer<typeof LegacyCurrency>;

export const LegacyPlan = z.object({
  id: Int,
  cpus: OptionalInt,
  cores: OptionalInt,
  memory: OptionalInt,
  disk: OptionalInt,
});
export type LegacyPlan = z.infer<typeof LegacyPlan>;

/** A row of a module's own table, whatever the table calls its columns. */
export const LegacyModuleRow = z.object({
  service: Int,
  vmid: Text,
  node: Text,
  kind: Text,
  address: Text,
});
export type LegacyModuleRow = z.infer<typeof LegacyModuleRow> & { module: string; table: string };
