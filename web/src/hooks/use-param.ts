import { useSearchParams } from 'react-router';

/**
 * A value of the address, which survives a reload. Setting it leaves no step behind in the history, and is done at once, so that a
 * link that is followed next finds it done.
 */
export function useParam(name: string, fallback = ''): [string, (value: string) => void] {
  const [params, setParams] = useSearchParams();
  const set = (value: string): void =>
    setParams(
      (before) => {
        if (value && value !== fallback) before.set(name, value);
        else before.delete(name);
        return before;
      },
      { replace: true, flushSync: true },
    );
  return [params.get(name) ?? fallback, set];
}
