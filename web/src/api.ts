import { t } from '@lingui/core/macro';
import type { AvailabilityList, PlanList, TemplateList } from '../../contract/catalog.ts';
import type { Decision, Operation } from '../../contract/operations.ts';
import type {
  MigrateServer,
  MigrationTargetList,
  RebuildServer,
  ResetPassword,
  ResizeServer,
  SuspendServer,
} from '../../contract/server-changes.ts';
import type {
  Accepted,
  CreateServer,
  OperationList,
  Server,
  ServerAction,
  ServerList,
  UpdateServer,
} from '../../contract/servers.ts';
import type { Settings } from '../../contract/settings.ts';
import type { z } from 'zod';
import { ApiError, NetworkError, readProblem } from './api-error.ts';
import { takeFirstAnswer } from './first-read.ts';
import { serversPath } from './server-filter.ts';
import { renewToken, sessionStore } from './session.ts';
import { createStore } from './store.ts';

/** Whether the last request got any answer at all. */
export const reachability = createStore(true);

export interface ApiRequest {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  body?: unknown;
  idempotencyKey?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

const NO_SESSION = {
  type: 'urn:berth:problem:unauthenticated',
  get title() {
    return t`You are not logged in`;
  },
  status: 401,
  code: 'unauthenticated',
} as const;

/**
 * Sends one request as the present user. A 401 is answered with one silent refresh and one repetition, which carries
 * the same idempotency key. Throws ApiError for every answer that is not 2xx and NetworkError when there is none.
 */
export async function apiFetch(path: string, request: ApiRequest = {}): Promise<Response> {
  const session = sessionStore.get();
  const token = session.status === 'active' ? session.accessToken : await renewToken('');
  if (token === null) throw new ApiError(NO_SESSION);
  let response = await send(path, request, token);
  if (response.status === 401) {
    await response.body?.cancel();
    const renewed = await renewToken(token);
    if (renewed === null) throw new ApiError(NO_SESSION);
    response = await send(path, request, renewed);
  }
  if (!response.ok) throw await readProblem(response);
  return response;
}

async function send(path: string, request: ApiRequest, token: string): Promise<Response> {
  const headers: Record<string, string> = {
    accept: 'application/json',
    authorization: `Bearer ${token}`,
    ...request.headers,
  };
  if (request.idempotencyKey) headers['idempotency-key'] = request.idempotencyKey;
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  try {
    const response = await fetch(path, {
      method: request.method ?? 'GET',
      headers,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(request.signal ? { signal: request.signal } : {}),
    });
    reachability.set(true);
    return response;
  } catch (cause) {
    if (request.signal?.aborted) throw cause;
    reachability.set(false);
    throw new NetworkError(t`The API does not answer`, { cause });
  }
}

/** The same, and reads the JSON of its answer. */
export async function json<T>(path: string, request?: ApiRequest): Promise<T> {
  const response = await apiFetch(path, request);
  return (await response.json()) as T;
}

export interface ServerFilter {
  search: string;
  status: string;
  /** key=value */
  label: string;
  /** The account's id. */
  account: string;
  sort: string;
  /** Terms such as `status:stopped node:pve1`; operators only. */
  q?: string;
}

/** One page of the caller's servers. */
export async function listServers(
  filter: ServerFilter,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<ServerList> {
  const path = serversPath(filter, cursor);
  return (await takeFirstAnswer(path)) ?? json<ServerList>(path, { signal });
}

export const getServer = (id: string, signal?: AbortSignal): Promise<Server> =>
  json(`/servers/${id}`, { signal });

/** One page of a server's operations, newest first. */
export function listOperations(
  serverId: string,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<OperationList> {
  const query = new URLSearchParams({ limit: '20' });
  if (cursor) query.set('cursor', cursor);
  return json(`/servers/${serverId}/operations?${query}`, { signal });
}

/** The newest operations of all servers: those under way, or those that are over. */
export function listAllOperations(which: 'live' | 'over', signal?: AbortSignal): Promise<OperationList> {
  return json(`/operations?status=${which}&limit=${which === 'live' ? 100 : 20}`, { signal });
}

export const listPlans = (signal?: AbortSignal): Promise<z.infer<typeof PlanList>> =>
  json('/plans', { signal });

export const listTemplates = (signal?: AbortSignal): Promise<z.infer<typeof TemplateList>> =>
  json('/templates', { signal });

export const listAvailability = (templateId: string, signal?: AbortSignal): Promise<AvailabilityList> =>
  json(`/availability?templateId=${encodeURIComponent(templateId)}`, { signal });

export const createServer = (body: CreateServer, idempotencyKey: string): Promise<Accepted> =>
  json('/servers', { method: 'POST', body, idempotencyKey });

export const actOnServer = (id: string, body: ServerAction, idempotencyKey: string): Promise<Accepted> =>
  json(`/servers/${id}/actions`, { method: 'POST', body, idempotencyKey });

export const updateServer = (id: string, body: UpdateServer, idempotencyKey: string): Promise<Server> =>
  json(`/servers/${id}`, { method: 'PATCH', body, idempotencyKey });

/** `isNow`: without the time in which it could be undone; for administrators. */
export const deleteServer = (id: string, isNow: boolean, idempotencyKey: string): Promise<Accepted> =>
  json(`/servers/${id}${isNow ? '?now=true' : ''}`, { method: 'DELETE', idempotencyKey });

export const getSettings = (signal?: AbortSignal): Promise<Settings> => json('/settings', { signal });

const post = (path: string, body: unknown, idempotencyKey: string): Promise<Accepted> =>
  json(path, { method: 'POST', body, idempotencyKey });

export const resizeServer = async (id: string, body: ResizeServer, key: string) =>
  post(`/servers/${id}/resize`, body, key);
export const rebuildServer = async (id: string, body: RebuildServer, key: string) =>
  post(`/servers/${id}/rebuild`, body, key);
export const resetPassword = async (id: string, body: ResetPassword, key: string) =>
  post(`/servers/${id}/password`, body, key);
export const enterRescue = async (id: string, key: string) => post(`/servers/${id}/rescue`, undefined, key);
export const leaveRescue = (id: string, idempotencyKey: string): Promise<Accepted> =>
  json(`/servers/${id}/rescue`, { method: 'DELETE', idempotencyKey });

/** Of a server that is not suspended yet. For administrators, like the three below. */
export const suspendServer = async (id: string, body: SuspendServer, key: string) =>
  post(`/servers/${id}/suspend`, body, key);
export const unsuspendServer = async (id: string, key: string) =>
  post(`/servers/${id}/unsuspend`, undefined, key);
export const listMigrationTargets = (
  id: string,
  signal?: AbortSignal,
): Promise<z.infer<typeof MigrationTargetList>> => json(`/servers/${id}/migration-targets`, { signal });
export const moveServer = async (id: string, body: MigrateServer, key: string) =>
  post(`/servers/${id}/migrate`, body, key);

export const decideOperation = (id: string, decision: Decision, idempotencyKey: string): Promise<Operation> =>
  json(`/operations/${id}/decision`, { method: 'POST', body: { decision }, idempotencyKey });

/** The answer's shape is the operation itself, or an object that carries it. */
export async function cancelOperation(id: string, idempotencyKey: string): Promise<Operation> {
  const answer = await json<Operation | { operation: Operation }>(`/operations/${id}/cancel`, {
    method: 'POST',
    idempotencyKey,
  });
  return 'operation' in answer ? answer.operation : answer;
}
