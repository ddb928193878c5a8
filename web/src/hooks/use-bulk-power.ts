import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Server, ServerAction } from '../../../contract/servers.ts';
import { actOnServer } from '../api.ts';
import { isOutcomeUnknown } from '../api-error.ts';
import { applyAccepted } from '../live-cache.ts';
import { useSubmit } from './use-submit.ts';

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
  const submit = useSubmit();
  const note = (id: string, result: BulkResult) => setResults((before) => ({ ...before, [id]: result }));

  async function sendTo({ id }: Server): Promise<void> {
    note(id, { state: 'sending' });
    try {
      applyAccepted(client, await submit([id, body], (key) => actOnServer(id, body, key)));
      note(id, { state: 'accepted' });
    } catch (error) {
      const message = error instanceof Error ? error.message : t`Something went wrong`;
      note(id, { state: isOutcomeUnknown(error) ? 'unknown' : 'refused', message });
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
