const CODES = /^(?:08|57P|53300|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND)/;
const WORDS = /connection (?:terminated|error)|timeout acquiring|server closed/i;

/** What the driver or PostgreSQL itself has said; Objection wraps some of it. */
export function nativeError(err: unknown): { code: string; message: string } {
  const { nativeError: native } = err as { nativeError?: unknown };
  const { code, message } = (native ?? err) as { code?: unknown; message?: unknown };
  return { code: typeof code === 'string' ? code : '', message: typeof message === 'string' ? message : '' };
}

/** Whether an error says that Berth's own PostgreSQL cannot be reached now. */
export function isTargetAway(err: unknown): boolean {
  const { code, message } = nativeError(err);
  return CODES.test(code) || WORDS.test(message);
}
