import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Server, ServerAction } from '../../../contract/servers.ts';
import { actOnServer } from '../api.ts';
import { isOutcomeUnknown } from '../api-error.ts';
import { applyAccepted } from '../live-cache.ts';
import { uuid } from '../uuid.ts';

/** How many requests are under way at a time. */
const AT_ONCE = 4;

export type BulkResult =
  | { state: 'sending' }
  | { state: 'accepted' }
  | { state: 'refused'; message: string }
  | { state: 'unknown'; message: string };

/** Sends one power action to many servers, each by itself. A repetition leaves out those that accepted it. */
export function useBulkPower(body: ServerAction) {
  const client = useQueryClient();
  const [results, setResults] = useState<Readonly<Record<string, BulkResult>>>({});
  const [isSending, setIsSending] = useState(false);
  // Of a server whose answer never came the key stays, so that nothing happens twice.
  const keys = useRef(new Map<string, string>());
  const note = (id: string, result: BulkResult) => setResults((before) => ({ ...before, [id]: result }));

  async function sendTo({ id }: Server): Promise<void> {
    const key = keys.current.get(id) ?? uuid();
    keys.current.set(id, key);
    note(id, { state: 'sending' });
    try {
      applyAccepted(client, await actOnServer(id, body, key));
      note(id, { state: 'accepted' });
    } catch (error) {
      const isUnknown = isOutcomeUnknown(error);
      if (!isUnknown) keys.current.delete(id);
      const message = error instanceof Error ? error.message : 'Something went wrong';
      note(id, { state: isUnknown ? 'unknown' : 'refused', message });
    }
  }

  async function send(servers: Server[]): Promise<void> {
    setIsSending(true);
    const waiting = servers.filter(({ id }) => results[id]?.state !== 'accepted');
    const sendOn = async (): Promise<void> => {
      const next = waiting.shift();
      if (!next) return;
      await sendTo(next);
      await sendOn();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sendOn));
    setIsSending(false);
  }

  return { results, isSending, send };
}
