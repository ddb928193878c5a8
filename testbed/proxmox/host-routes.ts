import { refuse } from './api-error.ts';
import cpuModels from './cpu-models.json' with { type: 'json' };
import type { Route } from './route.ts';

/** What a node can do, its clock, and a cluster without high availability. */
export const hostRoutes: Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/capabilities/qemu/cpu',
    handle: () =>
      Object.entries(cpuModels).flatMap(([vendor, names]) =>
        names.map((name) => ({
          name,
          vendor,
          custom: 0,
          ...(name.startsWith('x86-64-v') ? { abstract: 1 } : {}),
        })),
      ),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/time',
    handle: ({ cluster }) => {
      const time = Math.floor(cluster.clock.shown() / 1000);
      return { time, localtime: time, timezone: 'Etc/UTC' };
    },
  },
  {
    method: 'GET',
    path: '/cluster/ha/status/current',
    handle: ({ cluster }) => {
      const node = cluster.state.nodes[0]?.node;
      return [
        { id: 'quorum', type: 'quorum', node, status: 'OK', quorate: 1 },
        {
          id: 'fencing',
          type: 'fencing',
          node,
          status: 'standby (CRM watchdog standby)',
          'armed-state': 'standby',
        },
      ];
    },
  },
  {
    method: 'GET',
    path: '/cluster/ha/groups',
    handle: ({ cluster }) => {
      if (cluster.plain.release === '8.4') return [];
      throw refuse('cannot index groups: ha groups have been migrated to rules');
    },
  },
  { method: 'GET', path: '/cluster/ha/rules', handle: () => [] },
];
