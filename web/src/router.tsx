import { type RouteObject, createBrowserRouter, replace } from 'react-router';
import { Shell } from './components/shell.tsx';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { Root } from './pages/root.tsx';
import { RouteError } from './pages/route-error.tsx';
import { ServersPage } from './pages/servers-page.tsx';

/** The first page after a login comes with the entry; the others when somebody goes there. */
const pages: RouteObject[] = [
  {
    path: '/login',
    ErrorBoundary: RouteError,
    HydrateFallback: () => null,
    lazy: async () => ({ Component: (await import('./pages/login-page.tsx')).LoginPage }),
  },
  {
    path: '/set-password',
    ErrorBoundary: RouteError,
    HydrateFallback: () => null,
    lazy: async () => ({ Component: (await import('./pages/set-password-page.tsx')).SetPasswordPage }),
  },
  {
    path: '/forgot-password',
    ErrorBoundary: RouteError,
    HydrateFallback: () => null,
    lazy: async () => ({ Component: (await import('./pages/forgot-password-page.tsx')).ForgotPasswordPage }),
  },
  {
    path: '/join',
    ErrorBoundary: RouteError,
    HydrateFallback: () => null,
    lazy: async () => ({ Component: (await import('./pages/join-page.tsx')).JoinPage }),
  },
  {
    Component: Shell,
    ErrorBoundary: RouteError,
    HydrateFallback: () => null,
    children: [
      { index: true, Component: ServersPage },
      // Where an address of a server leads whose end was cut off.
      { path: 'servers', loader: () => replace('/') },
      {
        path: 'servers/new',
        lazy: async () => ({ Component: (await import('./pages/new-server-page.tsx')).NewServerPage }),
      },
      {
        path: 'servers/:id',
        lazy: async () => ({ Component: (await import('./pages/server-page.tsx')).ServerPage }),
      },
      {
        path: 'account',
        lazy: async () => ({ Component: (await import('./pages/account-page.tsx')).AccountPage }),
        children: [
          {
            index: true,
            lazy: async () => ({ Component: (await import('./pages/profile-page.tsx')).ProfilePage }),
          },
          {
            path: 'security',
            lazy: async () => ({ Component: (await import('./pages/security-page.tsx')).SecurityPage }),
          },
          {
            path: 'team',
            lazy: async () => ({ Component: (await import('./pages/team-page.tsx')).TeamPage }),
          },
          {
            path: 'ssh-keys',
            lazy: async () => ({ Component: (await import('./pages/ssh-keys-page.tsx')).SshKeysPage }),
          },
          {
            path: 'tokens',
            lazy: async () => ({ Component: (await import('./pages/api-tokens-page.tsx')).ApiTokensPage }),
          },
          {
            path: 'audit',
            lazy: async () => ({ Component: (await import('./pages/audit-page.tsx')).AuditPage }),
          },
        ],
      },
      {
        path: 'admin/*',
        lazy: async () => ({ Component: (await import('./admin/admin-pages.tsx')).AdminPages }),
      },
      { path: '*', Component: NotFoundPage },
    ],
  },
];

export const routes: RouteObject[] = [{ Component: Root, HydrateFallback: () => null, children: pages }];

/** The dashboard lives under `/app/`. */
export const createRouter = () => createBrowserRouter(routes, { basename: '/app/' });
