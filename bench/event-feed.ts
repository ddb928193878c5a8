import { createParser } from 'eventsource-parser';
import { request } from 'undici';
import type { Operation } from '../contract/operations.ts';
import type { BenchEstate } from './estate.ts';

export interface SeenOperation {
  operation: Operation;
  /** When the event arrived, in milliseconds since 1970. */
  at: number;
}

/** Follows GET /events as a dashboard does and keeps every state of an operation that it was shown. */
export async function followEvents(estate: BenchEstate): Promise<{ seen: SeenOperation[]; close(): void }> {
  const seen: SeenOperation[] = [];
  const controller = new AbortController();
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event === 'operation') seen.push({ operation: JSON.parse(data) as Operation, at: Date.now() });
    },
  });
  const { statusCode, body } = await request(`${estate.apiUrl}/events`, {
    headers: { authorization: `Bearer ${await estate.accessToken()}` },
    signal: controller.signal,
    bodyTimeout: 0,
  });
  if (statusCode !== 200) throw new Error(`GET /events answered ${statusCode}`);
  body.setEncoding('utf8');
  body.on('data', (text: string) => parser.feed(text));
  body.on('error', (err) => {
    if (!controller.signal.aborted) throw err;
  });
  return { seen, close: () => controller.abort() };
}
