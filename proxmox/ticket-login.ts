import { ProxmoxError } from './errors.ts';

export interface IssuedTicket {
  ticket: string;
  csrf: string;
}

export interface TicketLogin {
  /** A valid ticket, logging in or renewing if need be; callers at the same time share one login. */
  current: () => Promise<IssuedTicket>;
  /** Forgets a ticket that was refused, unless it has been replaced already. */
  forget: (refused: IssuedTicket) => void;
}

/** Tickets live 2 h; renewed at half of it. */
const RENEWAL_MS = 60 * 60 * 1000;

/** Keeps a user's ticket alive. `logIn` exchanges a user name and password for a ticket. */
export function createTicketLogin(
  { username, password }: { username: string; password: string },
  logIn: (username: string, password: string) => Promise<IssuedTicket>,
): TicketLogin {
  let held: (IssuedTicket & { renewAt: number }) | undefined;
  let pending: Promise<IssuedTicket> | undefined;

  async function renew(): Promise<IssuedTicket> {
    try {
      // A valid ticket is accepted as the password; should it have died, the real one is tried.
      const issued = held
        ? await logIn(username, held.ticket).catch(() => logIn(username, password))
        : await logIn(username, password);
      held = { ...issued, renewAt: performance.now() + RENEWAL_MS };
      return held;
    } catch (error) {
      if (!(error instanceof ProxmoxError)) throw error;
      // Whatever became of the login, the call it was for has not been made.
      throw error.as({ sent: false, ...(error.kind === 'unknown' ? { kind: 'unreachable' } : {}) });
    } finally {
      pending = undefined;
    }
  }

  return {
    async current() {
      if (held && held.renewAt > performance.now()) return held;
      pending ??= renew();
      return pending;
    },
    forget(refused) {
      if (held?.ticket === refused.ticket) held = undefined;
    },
  };
}
