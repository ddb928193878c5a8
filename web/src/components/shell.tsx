import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect } from 'react';
import { Link, NavLink, Outlet, ScrollRestoration } from 'react-router';
import type { User } from '../../../contract/auth.ts';
import { useStore } from '../hooks/use-store.ts';
import { startLive } from '../live.ts';
import { maskStore } from '../mask.ts';
import { AccountSwitch } from './account-switch.tsx';
import { Brand } from './brand.tsx';
import { ConnectionState, OfflineBanner } from './connection-state.tsx';
import { Keyboard } from './keyboard.tsx';
import { Late } from './late.tsx';
import { OperationsButton } from './operations-button.tsx';
import { RequireSession } from './require-session.tsx';
import { UserMenu } from './user-menu.tsx';

const Toasts = lazy(async () => ({ default: (await import('./toasts.tsx')).Toasts }));
const MaskTag = lazy(async () => ({ default: (await import('./mask-tag.tsx')).MaskTag }));
const ActingBanner = lazy(async () => ({ default: (await import('./acting-banner.tsx')).ActingBanner }));

/** The frame around every page of somebody who is logged in. */
export function Shell() {
  return <RequireSession>{(user) => <Frame key={user.id} user={user} />}</RequireSession>;
}

function Frame({ user }: { user: User }) {
  const client = useQueryClient();
  const isMasked = useStore(maskStore);
  useEffect(() => startLive(client), [client]);
  return (
    <>
      <a className="skip-link" href="#main">
        <Trans>Skip to the content</Trans>
      </a>
      <header className="header">
        <div className="header-inner">
          <Link to="/" className="brand-link" aria-label={t`Berth, servers`}>
            <Brand />
          </Link>
          <nav className="main-nav" aria-label={t`Main`}>
            <NavLink to="/" end className="nav-link">
              <Trans>Servers</Trans>
            </NavLink>
            {user.role === 'admin' && (
              <NavLink to="/admin" className="nav-link">
                <Trans>Admin</Trans>
              </NavLink>
            )}
          </nav>
          <span className="header-gap" />
          {isMasked && (
            <Suspense fallback={null}>
              <MaskTag />
            </Suspense>
          )}
          <AccountSwitch accounts={user.accounts} />
          <ConnectionState />
          <OperationsButton />
          <UserMenu user={user} />
        </div>
      </header>
      <OfflineBanner />
      {user.actingAdmin && (
        <Suspense fallback={null}>
          <ActingBanner user={user} />
        </Suspense>
      )}
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
      <Keyboard />
      <Late>
        <Toasts userId={user.id} />
      </Late>
      <ScrollRestoration />
    </>
  );
}
