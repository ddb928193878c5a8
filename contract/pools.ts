import { z } from 'zod';
import { FIELD_TEXTS } from './field-texts.ts';

const Address = z.union([z.ipv4(), z.ipv6()], { error: FIELD_TEXTS.ip_address });

/** Addresses counted up from the first. */
const Range = {
  first: Address.meta({ description: 'the first address to hand out' }),
  count: z.int().min(1).max(65_536).meta({ description: 'how many, counted up from the first' }),
};

export const Pool = z
  .object({
    id: z.uuid(),
    clusterId: z.uuid(),
    cluster: z.string(),
    name: z.string(),
    network: z.string(),
    gateway: z.string(),
    bridge: z.string(),
    vlan: z.int().nullable(),
    nameservers: z.array(z.string()),
    addresses: z.int(),
    leased: z.int().meta({ description: 'held for servers' }),
    reserved: z.int().meta({ description: 'never handed out' }),
    free: z.int(),
  })
  .meta({ id: 'Pool' });
export type Pool = z.infer<typeof Pool>;
export const PoolList = z.object({ items: z.array(Pool), nextCursor: z.null() }).meta({ id: 'PoolList' });

export const CreatePool = z
  .strictObject({
    clusterId: z.uuid(),
    name: z.string().trim().min(1).max(63).optional().meta({ description: 'the network when left out' }),
    network: z.union([z.cidrv4(), z.cidrv6()], { error: FIELD_TEXTS.network }),
    gateway: Address,
    bridge: z.string().regex(/^[\w.-]{1,15}$/, FIELD_TEXTS.bridge),
    vlan: z.int().min(1).max(4094).optional(),
    nameservers: z.array(Address).max(8).default([]),
    ...Range,
  })
  .meta({ id: 'CreatePool' });
export type CreatePool = z.input<typeof CreatePool>;

export const AddAddresses = z.strictObject(Range).meta({ id: 'AddAddresses' });
export type AddAddresses = z.infer<typeof AddAddresses>;

/** `held` of the added addresses belong to imported servers, which have them already. */
export const AddedAddresses = z
  .object({ pool: Pool, added: z.int(), held: z.int() })
  .meta({ id: 'AddedAddresses' });
