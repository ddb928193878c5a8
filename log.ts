import bunyan from 'bunyan';

export type Log = bunyan;

/** Bunyan's own serializer drops `cause` and `code`. */
function serializeError(err: unknown): unknown {
  if (!(err instanceof Error)) return err;
  const cause = err.cause === undefined ? undefined : serializeError(err.cause);
  const code = 'code' in err ? { code: err.code } : {};
  return { name: err.name, message: err.message, stack: err.stack, ...code, ...(cause ? { cause } : {}) };
}

/** One JSON logger per process, to stdout; `name` says which process it is. */
export function createLog(name: string, level: 'debug' | 'info' | 'warn' | 'error'): Log {
  return bunyan.createLogger({ name, level, serializers: { err: serializeError } });
}
