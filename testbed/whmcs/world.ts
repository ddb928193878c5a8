import { setDials, type Defect } from './defects.ts';
import { createRandom, type Random } from './random.ts';

export interface WorldOptions {
  seed: string;
  /** Services, 10 … 250,000 and more. */
  size: number;
  /** Multiplies every dial; 0 gives a database without a fault. Default 1. */
  mess?: number;
  /** Single dials, 0 … 1. */
  dials?: Partial<Record<Defect, number>>;
  /** 2 is the same provider some weeks later: most is as it was. Default 1. */
  edition?: 1 | 2;
  /** Share of services, and a tenth of it of clients, that differ in edition 2. Default 0.05. */
  changeRate?: number;
}

/** Everything the generated provider is made from; nothing else decides what a row holds. */
export interface World {
  random: Random;
  dials: Record<Defect, number>;
  edition: 1 | 2;
  changeRate: number;
  services: number;
  clients: number;
}

/** Clients come in blocks of eight that share sixteen services; the last of each block has none. */
const SERVICES_OF = [1, 1, 1, 2, 2, 4, 5, 0];
const SERVICES_PER_BLOCK = SERVICES_OF.reduce((sum, count) => sum + count, 0);
const CLIENTS_PER_BLOCK = SERVICES_OF.length;

export function createWorld(options: WorldOptions): World {
  const { seed, size, mess = 1, dials, edition = 1, changeRate = 0.05 } = options;
  if (!Number.isInteger(size) || size < 1) throw new Error(`size must be a whole number above 0: ${size}`);
  const services = edition === 1 ? size : size + Math.ceil((size * changeRate) / 5);
  return {
    random: createRandom(seed),
    dials: setDials(mess, dials),
    edition,
    changeRate,
    services,
    clients: Math.ceil(services / SERVICES_PER_BLOCK) * CLIENTS_PER_BLOCK,
  };
}

/** The same provider in its first edition. */
export function firstEdition(world: World, size: number): World {
  return {
    ...world,
    edition: 1,
    services: size,
    clients: Math.ceil(size / SERVICES_PER_BLOCK) * CLIENTS_PER_BLOCK,
  };
}

/** The index of the client who owns a service. */
export function clientOf(service: number): number {
  let rest = service % SERVICES_PER_BLOCK;
  let within = 0;
  while (rest >= (SERVICES_OF[within] ?? 0)) {
    rest -= SERVICES_OF[within] ?? 0;
    within += 1;
  }
  return Math.floor(service / SERVICES_PER_BLOCK) * CLIENTS_PER_BLOCK + within;
}

/** The indexes of a client's services, those beyond the end left out. */
export function servicesOf(world: World, client: number): number[] {
  const within = client % CLIENTS_PER_BLOCK;
  const before = SERVICES_OF.slice(0, within).reduce((sum, count) => sum + count, 0);
  const first = Math.floor(client / CLIENTS_PER_BLOCK) * SERVICES_PER_BLOCK + before;
  return Array.from({ length: SERVICES_OF[within] ?? 0 }, (_, n) => first + n).filter(
    (index) => index < world.services,
  );
}

/** tblhosting.id: starts high, has gaps, and is never a multiple of four (see `vmidOf`). */
export function serviceId(world: World, index: number): number {
  return 4001 + 4 * index + world.random.below('service id', index, 3);
}

/** tblclients.id. */
export function clientId(world: World, index: number): number {
  return 1501 + 3 * index + world.random.below('client id', index, 3);
}

/** tblusers.id: never a client's id by accident, as both sequences started at different times. */
export function userId(world: World, index: number): number {
  return 1_000_007 + 2 * index + world.random.below('user id', index, 2);
}

export function clusterOf(service: number): 'fra1' | 'ams1' {
  return service % 2 === 0 ? 'fra1' : 'ams1';
}

/** Multiples of four: the same numbers in both clusters, and no service's id, which old modules use as VMID. */
export function vmidOf(service: number): number {
  return 4000 + 4 * Math.floor(service / 2);
}

/** A day counted from 1 January 2018, as a date of MariaDB. */
export function dateOf(day: number): string {
  let text = DATES.get(day);
  if (text === undefined) {
    text = new Date(Date.UTC(2018, 0, 1 + day)).toISOString().slice(0, 10);
    DATES.set(day, text);
  }
  return text;
}

/** A few thousand days are asked for millions of times. */
const DATES = new Map<number, string>();

export const ZERO_DATE = '0000-00-00';
export const ZERO_TIME = '0000-00-00 00:00:00';
/** The day in `dateOf`'s count on which the first edition was taken. */
export const SNAPSHOT_DAY = 2940;
