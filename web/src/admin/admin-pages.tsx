import { lazy, Suspense, type ComponentType } from 'react';
import { Spinner } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Navigate, Route, Routes } from 'react-router';
import { NotFoundPage } from '../pages/not-found-page.tsx';
import { AdminLayout } from './admin-layout.tsx';

/** Every page comes when somebody goes there; none of it, nor this list, to a customer who stays away. */
const PAGES: Record<string, ComponentType> = {
  operations: lazy(async () => ({ default: (await import('./operations-page.tsx')).OperationsPage })),
  truth: lazy(async () => ({ default: (await import('./drift-page.tsx')).DriftPage })),
  orphans: lazy(async () => ({ default: (await import('./orphans-page.tsx')).OrphansPage })),
  servers: lazy(async () => ({ default: (await import('./all-servers-page.tsx')).AllServersPage })),
  'servers/:id/truth': lazy(async () => ({ default: (await import('./truth-page.tsx')).TruthPage })),
  clusters: lazy(async () => ({ default: (await import('./clusters-page.tsx')).ClustersPage })),
  'clusters/:id/adopt': lazy(async () => ({ default: (await import('./adopt-page.tsx')).AdoptPage })),
  'nodes/:id': lazy(async () => ({ default: (await import('./node-page.tsx')).NodePage })),
  plans: lazy(async () => ({ default: (await import('./plans-page.tsx')).PlansPage })),
  templates: lazy(async () => ({ default: (await import('./templates-page.tsx')).TemplatesPage })),
  pools: lazy(async () => ({ default: (await import('./pools-page.tsx')).PoolsPage })),
  users: lazy(async () => ({ default: (await import('./users-page.tsx')).UsersPage })),
  accounts: lazy(async () => ({ default: (await import('./accounts-page.tsx')).AccountsPage })),
  settings: lazy(async () => ({ default: (await import('./settings-page.tsx')).SettingsPage })),
  migrations: lazy(async () => ({ default: (await import('./migrations-page.tsx')).MigrationsPage })),
  'migrations/:id': lazy(async () => ({ default: (await import('./migration-page.tsx')).MigrationPage })),
};

/** What administrators see, under `/admin`. */
export function AdminPages() {
  return (
    <Suspense fallback={<Spinner className="page-spinner" aria-label={t`Loading`} />}>
      <Routes>
        <Route element={<AdminLayout />}>
          <Route index element={<Navigate to="/admin/operations" replace />} />
          {Object.entries(PAGES).map(([path, Page]) => (
            <Route key={path} path={path} element={<Page />} />
          ))}
          <Route path="*" element={<NotFoundPage />} />
        </Route>
      </Routes>
    </Suspense>
  );
}
