import { plural } from '@lingui/core/macro';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import type { Accepted, CreateServer } from '../../../contract/servers.ts';
import { createServer } from '../api.ts';
import { applyAccepted } from '../live-cache.ts';
import { tellEnd } from '../tell-end.ts';
import { useSubmit } from './use-submit.ts';

/** Some of several orders were accepted before one was refused. */
export class PartlyOrdered extends Error {
  override name = 'PartlyOrdered';
  readonly accepted: Accepted[];
  readonly reason: unknown;

  constructor(accepted: Accepted[], count: number, reason: unknown) {
    super(
      plural(accepted.length, {
        one: `# of ${count} servers is ordered`,
        other: `# of ${count} servers are ordered`,
      }),
    );
    this.accepted = accepted;
    this.reason = reason;
  }
}

/**
 * Orders servers one after another; one message tells when all are ready. Sent again, those that were accepted are not
 * ordered again, and one whose outcome is unknown goes under the same idempotency key.
 */
export function useCreateServers(onDone: (accepted: Accepted[]) => void) {
  const client = useQueryClient();
  const submit = useSubmit();
  const ordered = useRef(new Map<string, Accepted>());
  return useMutation({
    async mutationFn(orders: CreateServer[]): Promise<Accepted[]> {
      const accepted: Accepted[] = [];
      const before = new Set(ordered.current.values());
      try {
        for (const order of orders) accepted.push(await orderOnce(order));
        return accepted;
      } catch (error) {
        throw accepted.length > 0 ? new PartlyOrdered(accepted, orders.length, error) : error;
      } finally {
        tellEnd(client, ...accepted.filter((one) => !before.has(one)).map(({ operation }) => operation));
      }
    },
    onSuccess(accepted) {
      ordered.current.clear();
      onDone(accepted);
    },
  });

  async function orderOnce(order: CreateServer): Promise<Accepted> {
    const text = JSON.stringify(order);
    const before = ordered.current.get(text);
    if (before) return before;
    const accepted = await submit(order, (key) => createServer(order, key));
    ordered.current.set(text, accepted);
    applyAccepted(client, accepted);
    return accepted;
  }
}
