import type { z } from 'zod';
import { proxmoxOver, type Proxmox } from '../client.ts';
import { classifyTaskExit } from '../errors.ts';
import { createSession, type Call, type Session, type SessionOptions } from '../session.ts';
import { createTaskWatcher } from '../tasks.ts';

/** How everything is to be called, and where it goes. */
export interface Wishes {
  role: string;
  /** Such as `berth@pve`. */
  user: string;
  /** The token's own name, without its user. */
  token: string;
  pool: string;
  bridge: string;
  /** Keeps the token's secret, 0600. */
  secretFile?: string;
  /** Replaces a token that is there, with another secret. */
  newSecret: boolean;
}

/** What a step of the preparation works with. */
export interface Context {
  proxmox: Proxmox;
  /** Of the node that answers, such as `9.2.11`. */
  version: string;
  wishes: Wishes;
  isDryRun: boolean;
  read: <T extends z.ZodType>(schema: T, call: Reading) => Promise<z.output<T>>;
  /** Makes a changing call and says what it was for; on a dry run it is shown instead and null is answered. */
  change: <T extends z.ZodType>(
    what: string,
    schema: T,
    call: Omit<Call, 'signal'>,
  ) => Promise<z.output<T> | null>;
  /** Says that something is as it should be. */
  keep: (what: string) => void;
  say: (line: string) => void;
  /** Waits for a task, with its progress; throws when it fails. */
  wait: (upid: string, what: string) => Promise<void>;
  /** Changes made, or on a dry run shown. */
  changes: () => number;
  close: () => Promise<void>;
}

type Reading = Pick<Call, 'template' | 'path' | 'params'>;

export const tokenIdOf = ({ user, token }: Wishes): string => `${user}!${token}`;

/** Logs in as the admin; rejects with ProxmoxError when that is refused. */
export async function openContext(
  options: SessionOptions,
  wishes: Wishes,
  { isDryRun, say, pollMs }: { isDryRun: boolean; say: (line: string) => void; pollMs?: number },
): Promise<Context> {
  const session = createSession(options);
  const proxmox = proxmoxOver(session);
  const tasks = createTaskWatcher(proxmox, pollMs === undefined ? {} : { intervalMs: pollMs });
  let changes = 0;
  try {
    const { version } = await proxmox.version();
    return {
      proxmox,
      version,
      wishes,
      isDryRun,
      say,
      keep: (what) => say(`unchanged  ${what}`),
      read: (schema, call) => session.call(schema, { method: 'GET', ...call }),
      async change(what, schema, call) {
        changes++;
        if (isDryRun) {
          say(`would make ${what}\n           ${describeCall(call)}`);
          return null;
        }
        say(`making     ${what}`);
        return session.call(schema, call);
      },
      async wait(upid, what) {
        let told = 0;
        const { exitStatus, logTail } = await tasks.wait(upid, {
          onProgress: ({ percent, message }) => {
            const done = percent ?? Number(/(\d+)%/.exec(message)?.[1] ?? 0);
            if (done < told + 10) return;
            told = done;
            say(`           ${what}: ${Math.floor(done)} %`);
          },
        });
        const outcome = classifyTaskExit(exitStatus);
        if (!outcome.ok) throw new Error(`${what} failed: ${exitStatus}`, { cause: outcome.error });
        if (outcome.warnings > 0) say(`           ${what}: ${logTail.join('\n')}`);
      },
      changes: () => changes,
      close: session.close,
    };
  } catch (err) {
    await session.close();
    throw err;
  }
}

function describeCall({ method, template, path = {}, params = {} }: Parameters<Session['call']>[1]): string {
  const url = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(path[name]));
  const given = Object.entries(params)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${String(typeof value === 'boolean' ? Number(value) : value)}`);
  return [method, url, ...given].join(' ');
}
