import { Button, Spinner } from '@blueprintjs/core';
import { Offline } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { lazy, Suspense, type ReactNode } from 'react';
import { Navigate, useLocation } from 'react-router';
import type { User } from '../../../contract/auth.ts';
import { useStore } from '../hooks/use-store.ts';
import { restoreSession, sessionStore } from '../session.ts';
import { NoticeState } from './notice-state.tsx';
import { OnTheWay } from './on-the-way.tsx';

const SessionExpiredDialog = lazy(async () => ({
  default: (await import('./session-expired-dialog.tsx')).SessionExpiredDialog,
}));

/** Renders its children for somebody; sends nobody to the login page, which brings them back here afterwards. */
export function RequireSession({ children }: { children: (user: User) => ReactNode }) {
  const session = useStore(sessionStore);
  const { pathname, search } = useLocation();
  switch (session.status) {
    case 'restoring':
      return (
        <div className="whole-page">
          <Spinner aria-label={t`Loading`} />
        </div>
      );
    case 'unreachable':
      return (
        <div className="whole-page" role="alert">
          <NoticeState
            level={1}
            icon={<Offline size={40} />}
            title={t`Berth does not answer`}
            description={t`Check your connection. Your servers are not affected.`}
            action={<Button text={t`Try again`} onClick={() => void restoreSession()} />}
          />
        </div>
      );
    case 'anonymous': {
      const here = pathname + search;
      const next = here === '/' || session.loggedOut ? '' : `?next=${encodeURIComponent(here)}`;
      return <Navigate to={`/login${next}`} replace />;
    }
    case 'active':
    case 'expired':
      return (
        <>
          {children(session.user)}
          {session.status === 'expired' && (
            <Suspense fallback={<OnTheWay />}>
              <SessionExpiredDialog email={session.user.email} />
            </Suspense>
          )}
        </>
      );
  }
}
