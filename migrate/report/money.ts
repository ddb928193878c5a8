import type { MoneyLine } from '../run/verify-run.ts';

const AMOUNTS = ['source', 'berth', 'migrated', 'quarantined', 'skipped'] as const;

/** A line that sums up a currency, exactly. */
export type MoneyTotal = Pick<MoneyLine, 'currency' | 'services' | 'isEqual' | (typeof AMOUNTS)[number]>;

export function moneyTotals(lines: MoneyLine[]): MoneyTotal[] {
  return [...Map.groupBy(lines, ({ currency }) => currency)].map(([currency, of]) => {
    const sum = (name: (typeof AMOUNTS)[number]) =>
      fromCents(of.reduce((total, line) => total + toCents(line[name]), 0n));
    return {
      currency,
      services: of.reduce((total, { services }) => total + services, 0),
      source: sum('source'),
      berth: sum('berth'),
      migrated: sum('migrated'),
      quarantined: sum('quarantined'),
      skipped: sum('skipped'),
      isEqual: of.every(({ isEqual }) => isEqual),
    };
  });
}

/** Databases write sums of amounts with two digits after the point. */
const toCents = (amount: string): bigint => BigInt(amount.replace('.', ''));

function fromCents(cents: bigint): string {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
