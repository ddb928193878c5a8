import { useCallback, useRef } from 'react';
import { isOutcomeUnknown } from '../api-error.ts';
import { uuid } from '../uuid.ts';

/**
 * Sends changes, each under an idempotency key. The same input sent again after an attempt whose outcome is unknown goes
 * under the same key, so that it cannot happen twice; anything else gets a fresh one.
 */
export function useSubmit(): <T>(input: unknown, send: (key: string) => Promise<T>) => Promise<T> {
  const unsettled = useRef(new Map<string, string>());
  return useCallback(async (input, send) => {
    const keys = unsettled.current;
    const text = JSON.stringify(input);
    const key = keys.get(text) ?? uuid();
    keys.set(text, key);
    try {
      const answer = await send(key);
      keys.delete(text);
      return answer;
    } catch (error) {
      if (!isOutcomeUnknown(error)) keys.delete(text);
      throw error;
    }
  }, []);
}
