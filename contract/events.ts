import { z } from 'zod';
import { Operation } from './operations.ts';
import { Server } from './servers.ts';

/**
 * What `GET /events` sends: the event's name is the key, its data the value, its id good for `Last-Event-ID`.
 * Each carries the whole present state, so a repeated or skipped event does no harm. `reset` tells a client that it
 * was away for too long to be caught up and must read everything again.
 */
export const ServerEvents = {
  server: Server,
  'server-deleted': z.object({ id: z.uuid() }),
  operation: Operation,
  reset: z.object({}),
} as const;
export type ServerEventName = keyof typeof ServerEvents;
