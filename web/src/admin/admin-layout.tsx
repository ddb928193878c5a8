import './admin.css';
import { Tag } from '@blueprintjs/core';
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
      title: 'Work',
      links: [
        { to: 'operations', text: 'Operations', count: data?.operations.needsAttention },
        { to: 'truth', text: 'Differences', count: data?.drift },
        { to: 'orphans', text: 'Orphans', count: data?.orphans },
      ],
    },
    {
      title: 'Estate',
      links: [
        { to: 'servers', text: 'Servers', count: data?.unknownServers },
        { to: 'clusters', text: 'Clusters', count: data?.nodes.away },
        { to: 'pools', text: 'IP pools' },
        { to: 'migrations', text: 'Migrations' },
        { to: 'settings', text: 'Settings' },
      ],
    },
    {
      title: 'Offer',
      links: [
        { to: 'plans', text: 'Plans' },
        { to: 'templates', text: 'Templates' },
      ],
    },
    {
      title: 'Customers',
      links: [
        { to: 'users', text: 'Users' },
        { to: 'accounts', text: 'Accounts' },
      ],
    },
  ];
  return (
    <nav className="admin-nav" aria-label="Administration">
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
                      <span className="visually-hidden"> to look at</span>
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
