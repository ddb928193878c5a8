import { hasQuorum } from './quorum.ts';
import { clusterLog } from './cluster-log.ts';
import { nodeSummary, resourcesOf } from './cluster-resources.ts';
import { hasAny } from './permissions.ts';
import type { Route } from './route.ts';
import { listTasks } from './task-routes.ts';

const ROOT = { user: 'root@pam', isToken: false };

/** /cluster and the list of nodes, which every node answers by itself. */
export const clusterRoutes: Route[] = [
  {
    method: 'GET',
    path: '/cluster/resources',
    handle: ({ cluster, params, caller }) => resourcesOf(cluster, caller.user, params.type),
  },
  {
    method: 'GET',
    path: '/cluster/status',
    isForwarded: true,
    handle: ({ cluster }) => {
      const { nodes } = cluster.state;
      const answering = nodes.find(({ node }) => !cluster.faults.isNodeDown(node));
      const whole = {
        type: 'cluster',
        id: 'cluster',
        name: 'testbed',
        nodes: nodes.length,
        version: nodes.length,
        quorate: Number(hasQuorum(cluster)),
      };
      return [
        // A node by itself is no cluster.
        ...(nodes.length > 1 ? [whole] : []),
        ...nodes.map(({ node, ip }, index) => ({
          type: 'node',
          id: `node/${node}`,
          name: node,
          // A node alone, without a cluster, has no number.
          nodeid: nodes.length === 1 ? 0 : index + 1,
          ip,
          level: '',
          local: Number(node === answering?.node),
          online: Number(!cluster.faults.isNodeDown(node)),
        })),
      ];
    },
  },
  {
    method: 'GET',
    path: '/cluster/tasks',
    handle: ({ cluster, caller }) => {
      // Each node tells the last 25 of anybody; of those one sees one's own.
      const last = cluster.state.nodes.flatMap(({ node }) =>
        listTasks(cluster, node, ROOT, { source: 'all' }).slice(0, 25),
      );
      const seesAll = hasAny(cluster.state, caller.user, '/', ['Sys.Audit']);
      return last
        .filter(({ user }) => seesAll || user === caller.user)
        .map(({ pid: _pid, pstart: _pstart, ...entry }) => ({
          ...entry,
          saved: entry.endtime === undefined ? '0' : '1',
          status: entry.status,
        }))
        .toSorted((a, b) => b.starttime - a.starttime);
    },
  },
  {
    method: 'GET',
    path: '/cluster/log',
    handle: ({ cluster, params, caller }) => clusterLog(cluster.plain, caller.user, Number(params.max ?? 0)),
  },
  {
    method: 'GET',
    path: '/nodes',
    handle: ({ cluster, caller }) =>
      cluster.state.nodes.map((node) => ({
        ...nodeSummary(cluster, node, caller.user),
        ssl_fingerprint: cluster.fingerprint,
      })),
  },
];
