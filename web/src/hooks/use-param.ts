import { useSearchParams } from 'react-router';

/** A value of the address, which survives a reload; setting it leaves no step behind in the history. */
export function useParam(name: string, fallback = ''): [string, (value: string) => void] {
  const [params, setParams] = useSearchParams();
  const set = (value: string): void =>
    setParams(
      (before) => {
        if (value && value !== fallback) before.set(name, value);
        else before.delete(name);
        return before;
      },
      { replace: true },
    );
  return [params.get(name) ?? fallback, set];
}
