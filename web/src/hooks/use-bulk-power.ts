import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Operation } from '../../../contract/operations.ts';
import type { Server, ServerAction } from '../../../contract/servers.ts';
import { actOnServer } from '../api.ts';
import { isOutcomeUnknown } from '../api-error.ts';
import { applyAccepted } from '../live-cache.ts';
import { tellEnd } from '../tell-end.ts';
import { useSubmit } from './use-submit.ts';

/** How many requests are under way at a time. */
const AT_ONCE = 4;

export type BulkResult =
  | { state: 'sending' }
  | { state: 'accepted' }
  | { state: 'refused'; message: string }
  | { state: 'unknown'; message: string };

/**
 * Sends one power action to many servers, each by itself; how they end is told in one message. A repetition leaves out
 * those that accepted it.
 */
export function useBulkPower(body: ServerAction) {
  const client = useQueryClient();
  const [results, setResults] = useState<Readonly<Record<string, BulkResult>>>({});
  const [isSending, setIsSending] = useState(false);
  const submit = useSubmit();
  const note = (id: string, result: BulkResult) => setResults((before) => ({ ...before, [id]: result }));

  async function sendTo({ id }: Server): Promise<Operation | undefined> {
    note(id, { state: 'sending' });
    try {
      const accepted = await submit([id, body], (key) => actOnServer(id, body, key));
      applyAccepted(client, accepted);
      note(id, { state: 'accepted' });
      return accepted.operation;
    } catch (error) {
      const message = error instanceof Error ? error.message : t`Something went wrong`;
      note(id, { state: isOutcomeUnknown(error) ? 'unknown' : 'refused', message });
      return undefined;
    }
  }

  async function send(servers: Server[]): Promise<void> {
    setIsSending(true);
    const accepted: Operation[] = [];
    const waiting = servers.filter(({ id }) => results[id]?.state !== 'accepted');
    const sendOn = async (): Promise<void> => {
      const next = waiting.shift();
      if (!next) return;
      const operation = await sendTo(next);
      if (operation) accepted.push(operation);
      await sendOn();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sendOn));
    setIsSending(false);
    tellEnd(client, ...accepted);
  }

  return { results, isSending, send };
}
