import { CURRENCIES } from './catalogue.ts';
import type { World } from './world.ts';

/** What a client's services need to know about him. */
export interface ClientFacts {
  currency: { id: number; code: string; rate: number };
  missingOwner: boolean;
}

/** Undefined when the client is gone in this edition. */
export function clientFacts(world: World, client: number): ClientFacts | undefined {
  const { random, dials } = world;
  if (world.edition === 2 && random.chance('client removed', client, world.changeRate / 20)) return undefined;
  const draw = random.fraction('currency', client);
  const currency = CURRENCIES[draw < 0.7 ? 0 : draw < 0.9 ? 1 : 2];
  if (!currency) throw new Error('no currencies');
  return { currency, missingOwner: random.chance('missingOwner', client, dials.missingOwner) };
}
