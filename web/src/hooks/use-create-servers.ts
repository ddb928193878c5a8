import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import type { Accepted, CreateServer } from '../../../contract/servers.ts';
import { createServer } from '../api.ts';
import { isOutcomeUnknown } from '../api-error.ts';
import { applyAccepted } from '../live-cache.ts';
import { uuid } from '../uuid.ts';

/** Some of several orders were accepted before one was refused. */
export class PartlyOrdered extends Error {
  override name = 'PartlyOrdered';
  readonly accepted: Accepted[];
  readonly reason: unknown;

  constructor(accepted: Accepted[], count: number, reason: unknown) {
    super(`${accepted.length} of ${count} servers are ordered`);
    this.accepted = accepted;
    this.reason = reason;
  }
}

/**
 * Orders servers one after another. Sent again, those that were accepted are not ordered again, and one whose outcome is
 * unknown goes under the same idempotency key.
 */
export function useCreateServers(onDone: (accepted: Accepted[]) => void) {
  const client = useQueryClient();
  const sent = useRef(new Map<string, { key: string; accepted?: Accepted }>());
  return useMutation({
    async mutationFn(orders: CreateServer[]): Promise<Accepted[]> {
      const accepted: Accepted[] = [];
      for (const order of orders) {
        try {
          accepted.push(await submit(order));
        } catch (error) {
          throw accepted.length > 0 ? new PartlyOrdered(accepted, orders.length, error) : error;
        }
      }
      return accepted;
    },
    onSuccess(accepted) {
      sent.current.clear();
      onDone(accepted);
    },
  });

  async function submit(order: CreateServer): Promise<Accepted> {
    const text = JSON.stringify(order);
    const attempt = sent.current.get(text) ?? { key: uuid() };
    if (attempt.accepted) return attempt.accepted;
    sent.current.set(text, attempt);
    try {
      const accepted = await createServer(order, attempt.key);
      sent.current.set(text, { ...attempt, accepted });
      applyAccepted(client, accepted);
      return accepted;
    } catch (error) {
      if (!isOutcomeUnknown(error)) sent.current.delete(text);
      throw error;
    }
  }
}
