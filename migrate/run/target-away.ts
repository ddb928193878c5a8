const CODES = /^(?:08|57P|53300|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND)/;
const WORDS = /connection terminated|timeout acquiring|server closed/i;

/** Whether an error of Knex, pg or a socket says that Berth's own PostgreSQL cannot be reached now. */
export function isTargetAway(err: unknown): boolean {
  const { code = '', message = '' } = err as { code?: unknown; message?: string };
  return CODES.test(String(code)) || WORDS.test(message);
}
