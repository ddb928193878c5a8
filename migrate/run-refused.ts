export type RefusalCode = 'run_live' | 'dry_run_missing' | 'run_unknown' | 'run_over' | 'run_not_over';

/** What was asked of a run cannot be done now; the message says what to do instead. */
export class RunRefused extends Error {
  override name = 'RunRefused';
  code: RefusalCode;
  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}
