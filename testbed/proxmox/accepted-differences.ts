import accepted from './accepted-differences.json' with { type: 'json' };

/** The exchanges of a recording that may differ; the file says why. */
export function acceptedIn(file: string): Set<number> {
  const entries = (accepted as Record<string, { n: number[]; reason: string }[]>)[file] ?? [];
  return new Set(entries.flatMap(({ n }) => n));
}
