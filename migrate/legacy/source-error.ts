export type SourceErrorCode = 'unreachable' | 'damaged' | 'refused' | 'schema' | 'bad_url' | 'query' | 'row';

/** The source could not be read. The message says what to do and never holds the password. */
export class SourceError extends Error {
  override name = 'SourceError';
  code: SourceErrorCode;
  constructor(code: SourceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const REFUSED = new Set([
  'ER_ACCESS_DENIED_ERROR',
  // MariaDB, of some users that are not there.
  'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
  'ER_HOST_NOT_PRIVILEGED',
  'ER_BAD_DB_ERROR',
  'ER_NOT_SUPPORTED_AUTH_MODE',
]);

/** The login is good, and may not read enough. */
const FORBIDDEN = new Set([
  'ER_DBACCESS_DENIED_ERROR',
  'ER_TABLEACCESS_DENIED_ERROR',
  'ER_COLUMNACCESS_DENIED_ERROR',
]);

/** MariaDB's number for a locked account; the driver has no name for it. */
const LOCKED = 4151;
/**
 * What a server answers that is stopping or has too much to do: later it may be different. By number, since the driver has
 * no names for those of MariaDB (1927 a killed connection, 1969 the server's limit on the time of a statement).
 */
const BUSY = new Set([1040, 1053, 1203, 1205, 1213, 1226, 1317, 1927, 1969]);
/** A table that was open when the server died; it is repaired when a session opens it that may write. */
const DAMAGED = new Set([126, 127, 144, 145, 1034, 1194, 1195]);
/** Another reader of the same run has closed the connections, since the source failed it. */
const CLOSED = 'Pool is closed.';

/** Says what a failure of the driver means. The statement is not part of the message, nor is the URL. */
export function toSourceError(err: unknown): SourceError {
  if (err instanceof SourceError) return err;
  // Errors of mysql2 and of sockets have these.
  const {
    code = '',
    message = String(err),
    errno = 0,
    fatal = false,
  } = err as { code?: string; message?: string; errno?: number; fatal?: boolean };
  const cause = { cause: err };
  if (REFUSED.has(code) || errno === LOCKED)
    return new SourceError('refused', `the source refused the login: ${message}`, cause);
  if (FORBIDDEN.has(code)) {
    return new SourceError('refused', `${message}: grant the login SELECT on the whole database`, cause);
  }
  if (code === 'ER_BAD_FIELD_ERROR') {
    return new SourceError(
      'schema',
      `the source lacks a column Berth reads: ${message}. Is it WHMCS 8?`,
      cause,
    );
  }
  if (code === 'ER_NO_SUCH_TABLE') {
    return new SourceError(
      'schema',
      `the source lacks a table Berth reads: ${message}. Is it the right database?`,
      cause,
    );
  }
  if (DAMAGED.has(errno)) {
    return new SourceError('damaged', `${message}: open it in WHMCS, or repair it with REPAIR TABLE`, cause);
  }
  if (fatal || BUSY.has(errno) || message === CLOSED || /^E[A-Z]+$|^PROTOCOL_/.test(code)) {
    return new SourceError('unreachable', `cannot reach the source: ${message || code}`, cause);
  }
  return new SourceError('query', `the source could not answer: ${message}`, cause);
}
