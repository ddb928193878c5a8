import './admin.css';
import { Tag } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { NavLink, Outlet } from 'react-router';
import { useIsAdmin } from '../hooks/use-is-admin.ts';
import { NotFoundPage } from '../pages/not-found-page.tsx';
import { useAttention } from './use-admin.ts';

/** The frame around the pages of administrators; for anybody else there is nothing here. */
export function AdminLayout() {
  const isAdmin = useIsAdmin();
  if (!isAdmin) return <NotFoundPage />;
  return (
    <div className="admin">
      <AdminNav />
      <div className="admin-content">
        <Outlet />
      </div>
    </div>
  );
}

function AdminNav() {
  const { data } = useAttention();
  const groups: { title: string; links: { to: string; text: string; count?: number | undefined }[] }[] = [
    {
      title: t`Work`,
      links: [
        { to: 'operations', text: t`Operations`, count: data?.operations.needsAttention },
        { to: 'truth', text: t`Differences`, count: data?.drift },
        { to: 'orphans', text: t`Orphans`, count: data?.orphans },
      ],
    },
    {
      title: t`Estate`,
      links: [
        { to: 'servers', text: t`Servers`, count: data?.unknownServers },
        { to: 'clusters', text: t`Clusters`, count: data?.nodes.away },
        { to: 'pools', text: t`IP pools` },
        { to: 'migrations', text: t`Migrations` },
        { to: 'settings', text: t`Settings` },
      ],
    },
    {
      title: t`Offer`,
      links: [
        { to: 'plans', text: t`Plans` },
        { to: 'templates', text: t`Templates` },
      ],
    },
    {
      title: t`Customers`,
      links: [
        { to: 'users', text: t`Users` },
        { to: 'accounts', text: t`Accounts` },
      ],
    },
  ];
  return (
    <nav className="admin-nav" aria-label={t`Administration`}>
      {groups.map(({ title, links }) => (
        <div key={title} className="admin-nav-group">
          <span className="admin-nav-title">{title}</span>
          <ul>
            {links.map(({ to, text, count = 0 }) => (
              <li key={to}>
                <NavLink to={`/admin/${to}`} className="admin-nav-link">
                  {text}
                  {count > 0 && (
                    <Tag round minimal intent="warning">
                      {count}
                      <span className="visually-hidden">
                        <Trans> to look at</Trans>
                      </span>
                    </Tag>
                  )}
                </NavLink>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
