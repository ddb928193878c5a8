import { useCallback, useRef } from 'react';
import { isOutcomeUnknown } from '../api-error.ts';
import { uuid } from '../uuid.ts';

/**
 * Sends a change under an idempotency key. The same input sent again after an attempt whose outcome is unknown goes
 * under the same key, so that it cannot happen twice; anything else gets a fresh one.
 */
export function useSubmit(): <T>(input: unknown, send: (key: string) => Promise<T>) => Promise<T> {
  const unsettled = useRef<{ input: string; key: string } | null>(null);
  return useCallback(async (input, send) => {
    const text = JSON.stringify(input);
    const attempt = unsettled.current?.input === text ? unsettled.current : { input: text, key: uuid() };
    unsettled.current = attempt;
    try {
      const answer = await send(attempt.key);
      unsettled.current = null;
      return answer;
    } catch (error) {
      if (!isOutcomeUnknown(error)) unsettled.current = null;
      throw error;
    }
  }, []);
}
