import type { Context } from 'koa';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { endpoint, type Endpoint } from '../endpoint.ts';
import { createEventStream, type EventStream } from '../event-stream.ts';
import { eventStreams } from '../metrics.ts';
import { presenceOf } from '../middleware/authenticate.ts';
import { logOf } from '../middleware/request-id.ts';
import { createMissedEvents } from '../missed-events.ts';

const PING_MS = 15_000;
const RECHECK_MS = 30_000;

type EventDeps = Pick<Deps, 'database' | 'events' | 'streamRecheckMs'>;

export function eventRoutes({ database, ...deps }: EventDeps): Endpoint[] {
  const missed = createMissedEvents(database);
  return [
    endpoint({
      method: 'get',
      path: '/events',
      tag: 'Events',
      summary: 'What changes, as it changes: server-sent events, resumable with Last-Event-ID',
      auth: 'bearer',
      answers: {
        200: {
          description:
            'Events named server, server-deleted, operation and reset; each carries the present state, so it may ' +
            'come twice. The stream ends when the access token does; that of an API token goes on.',
          contentType: 'text/event-stream',
          schema: z.string(),
        },
      },
      async handle(ctx) {
        await openStream({ ...deps, missed }, ctx);
      },
    }),
  ];
}

type StreamDeps = Omit<EventDeps, 'database'> & { missed: ReturnType<typeof createMissedEvents> };

async function openStream(
  { events, missed, streamRecheckMs = RECHECK_MS }: StreamDeps,
  ctx: Context,
): Promise<void> {
  const stream = createEventStream();
  const { user: caller, again, endsAt } = presenceOf(ctx);
  let { reach } = caller;

  // Subscribed before the replay is read, so that nothing falls between the two; what comes meanwhile waits.
  let waiting: Buffer[] | null = [];
  const unsubscribe = events.subscribe({
    reach: () => reach,
    receive: (bytes) => {
      if (waiting) waiting.push(bytes);
      else stream.send(bytes);
    },
    end: () => stream.end(),
  });
  stream.body.once('close', unsubscribe);
  try {
    const { latestId, bytes } = await missed({ reach, lastEventId: ctx.get('Last-Event-ID') });
    if (bytes) stream.send(bytes);
    // Not before: a client that got no further would resume from here without what it had missed.
    stream.startAt(latestId);
  } catch (err) {
    stream.body.destroy();
    throw err;
  }
  for (const bytes of waiting) stream.send(bytes);
  waiting = null;

  const recheck = async () => {
    const user = await again();
    if (user) ({ reach } = user);
    else stream.end();
  };
  const timers = [
    setInterval(() => stream.ping(), PING_MS),
    setInterval(() => {
      // Rather a closed stream than one that may show too much.
      recheck().catch(() => stream.end());
    }, streamRecheckMs),
    ...(endsAt === null ? [] : [setTimeout(() => stream.end(), Math.max(0, endsAt - Date.now()))]),
  ];
  eventStreams.inc();
  stream.body.once('close', () => {
    for (const timer of timers) clearTimeout(timer);
    eventStreams.dec();
  });
  answerStream(ctx, stream);
}

function answerStream(ctx: Context, stream: EventStream): void {
  ctx.req.socket.setTimeout(0);
  ctx.req.socket.setNoDelay(true);
  ctx.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
  ctx.type = 'text/event-stream';
  ctx.status = 200;
  ctx.body = stream.body;
  // Koa pipes the body but does not always close it when the client goes.
  ctx.res.once('close', () => stream.body.destroy());
  stream.body.on('error', (err) => logOf(ctx).debug({ err }, 'event stream broke'));
}
