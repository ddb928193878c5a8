import { Agent, request } from 'undici';

import { newCsrfToken, newTicket } from './authentication.ts';
import type { ClusterState } from './cluster-state.ts';
import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';

/** A call that fills a new cluster, made by root@pam; the next one waits for the task it starts. */
export interface SeedCall {
  method: 'POST' | 'PUT' | 'DELETE';
  /** Below /api2/json. */
  path: string;
  params?: Record<string, string | number>;
}

/** Makes calls to a cluster before anyone else does, each of them at once. */
export async function fillCluster(state: ClusterState, calls: SeedCall[]): Promise<void> {
  const simulator = await startSimulator({ speed: 0, state });
  const dispatcher = new Agent({ connect: { ca: simulator.ca } });
  try {
    for (const call of calls) await makeCall(simulator, dispatcher, call);
  } finally {
    await dispatcher.destroy();
    await simulator.close();
  }
}

async function makeCall(simulator: Simulator, dispatcher: Agent, call: SeedCall): Promise<void> {
  const { method, path, params = {} } = call;
  const form = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) form.append(key, String(value));
  const query = method === 'DELETE' && form.size > 0 ? `?${form.toString()}` : '';
  const res = await request(`${simulator.url}/api2/json${path}${query}`, {
    method,
    dispatcher,
    headers: {
      cookie: `PVEAuthCookie=${encodeURIComponent(newTicket(simulator.state, 'root@pam'))}`,
      csrfpreventiontoken: newCsrfToken(simulator.state, 'root@pam'),
      'content-type': 'application/x-www-form-urlencoded',
    },
    ...(method === 'DELETE' ? {} : { body: form.toString() }),
  });
  const text = await res.body.text();
  if (res.statusCode !== 200) throw new Error(`${method} ${path}: ${res.statusCode} ${text}`);
  const { data } = JSON.parse(text) as { data: unknown };
  if (typeof data === 'string' && data.startsWith('UPID:')) await waitForTask(simulator, call, data);
}

async function waitForTask({ state }: Simulator, { method, path }: SeedCall, upid: string): Promise<void> {
  for (;;) {
    const task = state.tasks.find((one) => one.upid === upid);
    if (task?.exitstatus === 'OK') return;
    if (task?.exitstatus) throw new Error(`${method} ${path}: ${task.exitstatus}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
