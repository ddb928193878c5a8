/** Something a person should know: a stable code and a sentence. */
export interface Finding {
  code: string;
  message: string;
}

/** One input that was read and what became of it. */
export interface TraceEntry {
  /** Table and id, or table and column. */
  from: string;
  /** What it held; never a secret. */
  input: string;
  /** The rule of the mapping that used it, such as `line 34`, or `built in`. */
  rule: string;
  /** The canonical field it went into, if any. */
  field?: string;
  effect: string;
}

/** What became of a row. Exactly one of the three; nothing is ever thrown for what a row holds. */
export type Outcome<Fields> = { warnings: Finding[]; trace: TraceEntry[] } & (
  | { outcome: 'migrated'; fields: Fields }
  | { outcome: 'quarantined' | 'skipped'; reason: Finding }
);

/** Collects what is found while a row is looked at. The first problem is the reason for its quarantine. */
export interface Notes {
  warnings: Finding[];
  problems: Finding[];
  /** Undefined where nobody wants to know how it came about, which costs more than to find out. */
  trace: TraceEntry[] | undefined;
}

export function createNotes({ traces = true } = {}): Notes {
  return { warnings: [], problems: [], trace: traces ? [] : undefined };
}

export function finding(code: string, message: string): Finding {
  return { code, message };
}

/** One warning per code is enough for a list; the first is kept, in order of codes. */
export function distinctWarnings(warnings: Finding[]): Finding[] {
  const byCode = new Map<string, Finding>();
  for (const warning of warnings) if (!byCode.has(warning.code)) byCode.set(warning.code, warning);
  return [...byCode.values()].toSorted((a, b) => (a.code < b.code ? -1 : 1));
}
