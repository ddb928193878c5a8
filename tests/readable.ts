/** Everything in a history as text, payloads too. */
export function readable(value: unknown): string {
  return JSON.stringify(value, function toWords(this: Record<string, unknown>, key: string, inner: unknown) {
    const raw = this[key];
    if (raw instanceof Uint8Array) return Buffer.from(raw).toString('utf8');
    return typeof inner === 'bigint' ? String(inner) : inner;
  });
}
