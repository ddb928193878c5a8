import type { IncomingMessage } from 'node:http';
import { crc32, deflateRawSync } from 'node:zlib';

import { accessRoutes } from './access-routes.ts';
import { agentRoutes } from './agent-routes.ts';
import { ApiError, badParameters } from './api-error.ts';
import { parametersOf } from './api-parameters.ts';
import { authenticate, isCsrfTokenGood } from './authentication.ts';
import { backupFileRoutes } from './backup-routes.ts';
import { backupRoutes } from './backup-vms.ts';
import type { Identity } from './authentication.ts';
import type { Cluster } from './cluster.ts';
import { findNode } from './cluster.ts';
import { checkPermission } from './check-permission.ts';
import type { FaultCall } from './faults.ts';
import { cloudInitRoutes } from './cloud-init-routes.ts';
import { clusterRoutes } from './cluster-routes.ts';
import { consoleRoutes } from './console-routes.ts';
import { datacenterRoutes } from './datacenter-routes.ts';
import { downloadRoutes } from './download-url.ts';
import { firewallRoutes } from './firewall-routes.ts';
import { hostRoutes } from './host-routes.ts';
import type { WireAnswer } from './http-server.ts';
import { migrateRoutes } from './migrate-vm.ts';
import { moveRoutes } from './move-disk.ts';
import { nodeRoutes } from './node-routes.ts';
import { checkParameters } from './parameters.ts';
import type { RawValue } from './parameters.ts';
import { poolRoutes } from './pool-routes.ts';
import { requireQuorum } from './quorum.ts';
import { isNewerCall, olderAnswer } from './release-differences.ts';
import { rightsRoutes } from './rights-routes.ts';
import { Download, findRoute, JsonText, ListAnswer } from './route.ts';
import type { Call } from './route.ts';
import { rrdRoutes } from './rrd-routes.ts';
import { snapshotRoutes } from './snapshot-routes.ts';
import { storageConfigRoutes } from './storage-config-routes.ts';
import { storageRoutes } from './storage-routes.ts';
import { taskRoutes } from './task-routes.ts';
import { userRoutes } from './user-routes.ts';
import { vmConfigRoutes } from './vm-config-routes.ts';
import { checkVmPermission } from './vm-permissions.ts';
import { vmPowerRoutes } from './vm-power-routes.ts';
import { vmRoutes } from './vm-routes.ts';

/** All calls there are. */
export const ROUTES = [
  ...accessRoutes,
  ...userRoutes,
  ...rightsRoutes,
  ...poolRoutes,
  ...clusterRoutes,
  ...datacenterRoutes,
  ...nodeRoutes,
  ...taskRoutes,
  ...vmRoutes,
  ...vmConfigRoutes,
  ...vmPowerRoutes,
  ...snapshotRoutes,
  ...cloudInitRoutes,
  ...agentRoutes,
  ...firewallRoutes,
  ...storageRoutes,
  ...storageConfigRoutes,
  ...downloadRoutes,
  ...rrdRoutes,
  ...consoleRoutes,
  ...hostRoutes,
  ...moveRoutes,
  ...migrateRoutes,
  ...backupRoutes,
  ...backupFileRoutes,
];

const MAX_BODY_BYTES = 512 * 1024;
/** How long a node takes to find out that it cannot reach another. */
const CONNECT_MS: Record<string, number> = { 'No route to host': 3000, 'Connection timed out': 30_000 };

/** An answer that is not made by the API but by the server around it: plain text. */
class PlainRefusal extends Error {
  readonly status: number;
  readonly body: string;

  constructor(status: number, message: string, body = message) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** Splits /api2/<format>/<path>; other paths are files, of which there are none. */
function splitPath(url: string): { format: string; path: string } {
  const [pathname = ''] = url.split('?');
  const match = /^\/api2\/([^/]+)(\/.*)?$/.exec(pathname);
  if (!match) throw new PlainRefusal(500, `no such file '${pathname}'`, `no such file '${pathname}'\n`);
  const path = `/${(match[2] ?? '').split('/').filter(Boolean).join('/')}`;
  return { format: match[1] ?? '', path };
}

/** Carries out one request and answers what goes over the wire. */
export async function dispatch(
  cluster: Cluster,
  req: IncomingMessage,
  body: Buffer,
  asked: FaultCall,
): Promise<WireAnswer> {
  let format = 'json';
  try {
    const method = req.method ?? '';
    checkFraming(req, method, body);
    const split = splitPath(req.url ?? '');
    format = split.format;
    if (!['json', 'extjs'].includes(format)) {
      throw new PlainRefusal(501, `no formatter for uri ${split.path}, ${format}`);
    }
    const { data, isForwarded } = await callApi(cluster, req, { method, path: split.path, body, asked });
    if (data instanceof Download) return { ...downloadOf(data), isForwarded };
    const content =
      data instanceof ListAnswer
        ? { data: data.data, ...(data.total > 0 ? { total: data.total } : {}) }
        : { data };
    const answer =
      data instanceof JsonText
        ? jsonText(`{"data":${data.text}${format === 'extjs' ? ',"success":1' : ''}}`)
        : json(format === 'extjs' ? { ...content, success: 1 } : content);
    return { status: 200, reason: 'OK', isForwarded, ...answer };
  } catch (err) {
    if (err instanceof PlainRefusal) return { status: err.status, reason: err.message, body: err.body };
    if (!(err instanceof ApiError)) throw err;
    return refusal(cluster, err, format);
  }
}

/** A gzip file of one member with a name, as RFC 1952 has it; zlib leaves the name out. */
function downloadOf({ file, name, text }: Download): WireAnswer {
  const content = Buffer.from(text);
  const head = Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);
  head.writeUInt32LE(Math.floor(Date.now() / 1000), 4);
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(content), 0);
  tail.writeUInt32LE(content.length, 4);
  const body = Buffer.concat([head, Buffer.from(`${name}\0`), deflateRawSync(content), tail]);
  const headers = { 'Content-Encoding': 'gzip', 'Content-Disposition': `attachment; filename="${file}"` };
  return { status: 200, reason: 'OK', body, contentType: 'text/plain', headers };
}

function json(content: unknown): { body: string; contentType: string } {
  return jsonText(JSON.stringify(content));
}

function jsonText(body: string): { body: string; contentType: string } {
  return { body, contentType: 'application/json;charset=UTF-8' };
}

async function refusal(cluster: Cluster, err: ApiError, format: string): Promise<WireAnswer> {
  // Each failed authentication is held back, so that guessing is slow.
  if (err.status === 401) await cluster.clock.sleep(cluster.scaled(3000, 5));
  if (err.status === 595) await cluster.clock.sleep(cluster.scaled(CONNECT_MS[err.message] ?? 0, 5));
  if (
    (err.status === 401 && !/^(?:authentication failure|permission denied)/.test(err.message)) ||
    err.status >= 595
  ) {
    return { status: err.status, reason: err.message, body: null };
  }
  const { errors } = err;
  // The texts made by the dispatcher itself lack the newline that handlers' messages end with.
  const message = err.status === 501 ? err.message : `${err.message}\n`;
  const content = { data: null, message, ...(errors ? { errors } : {}) };
  if (format === 'extjs') {
    return { status: 200, reason: 'OK', ...json({ ...content, success: 0, status: err.status }) };
  }
  return { status: err.status, reason: err.message, ...json(content) };
}

function checkFraming(req: IncomingMessage, method: string, body: Buffer): void {
  if (!['GET', 'POST', 'PUT', 'DELETE'].includes(method)) {
    throw new PlainRefusal(501, `method '${method}' not available`, '');
  }
  if (req.headers['transfer-encoding']) {
    throw new PlainRefusal(501, 'chunked transfer encoding not supported');
  }
  if (['GET', 'DELETE'].includes(method) && body.length > 0) {
    throw new PlainRefusal(501, `Unexpected content for method '${method}'`);
  }
  if (isUpload(req)) return;
  if (body.length > MAX_BODY_BYTES) throw new PlainRefusal(501, 'for data too large');
  const type = (req.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  if (body.length > 0 && !['', 'application/x-www-form-urlencoded', 'application/json'].includes(type)) {
    throw new PlainRefusal(506, `upload 'Content-Type '${req.headers['content-type']}' not implemented`);
  }
}

/** Files go up in a form of several parts, however large, and without a CSRF token. */
function isUpload({ method, url, headers }: IncomingMessage): boolean {
  const isForm = headers['content-type']?.startsWith('multipart/form-data') ?? false;
  return (
    method === 'POST' && isForm && /^\/api2\/[^/]+\/nodes\/[^/]+\/storage\/[^/]+\/upload$/.test(url ?? '')
  );
}

async function callApi(
  cluster: Cluster,
  req: IncomingMessage,
  call: { method: string; path: string; body: Buffer; asked: FaultCall },
): Promise<{ data: unknown; isForwarded: boolean }> {
  const { method, path, asked } = call;
  const match = findRoute(ROUTES, method, path);
  const caller = identify(cluster, req, asked, match?.route.isPublic ?? false);
  const query = readForm((req.url ?? '').split('?')[1] ?? '');
  const given = { ...readBody(req, call.body), ...query };
  const { release } = cluster.plain;
  const isOlder = release === '8.4';
  if (!match || (isOlder && isNewerCall(`${method} ${match.route.path}`))) {
    throw new ApiError(501, `Method '${method} ${path}' not implemented`);
  }
  const { route, pathParameters } = match;
  for (const [key, value] of Object.entries(pathParameters)) {
    const other = given[key];
    if (other !== undefined && (typeof other === 'object' || String(other) !== value)) {
      throw badParameters({ [key]: 'duplicate parameter (already defined in URI) with conflicting values!' });
    }
  }
  if (route.path === '/access/ticket' && method === 'POST' && caller.isToken) {
    throw new ApiError(
      403,
      "Permission check failed (URI '/access/ticket' not available with API token, need proper ticket.",
    );
  }
  const routeName = `${method} ${route.path}`;
  checkPermission(cluster.plain, caller.user, routeName, { ...given, ...pathParameters });
  if (pathParameters.node !== undefined) checkNode(cluster, pathParameters.node, asked);
  const schema = { ...parametersOf(routeName, release), ...route.parameters };
  const params = checkParameters(schema, { ...given, ...pathParameters }, release);
  const handled: Call = {
    cluster,
    params,
    node: String(params.node ?? ''),
    vmid: Number(params.vmid ?? 0),
    caller,
    isRoot: caller.user === 'root@pam' && !caller.isToken,
    routeName,
    asked,
  };
  checkVmPermission(handled, routeName);
  requireQuorum(handled);
  const data = await route.handle(handled);
  return { data: isOlder ? olderAnswer(data) : data, isForwarded: route.isForwarded ?? false };
}

function identify(cluster: Cluster, req: IncomingMessage, asked: FaultCall, isPublic: boolean): Identity {
  const caller = authenticate(cluster.plain, req.headers, (ticket) =>
    cluster.faults.hitsTicket(ticket, asked),
  );
  if (isPublic) return 'refused' in caller ? { user: '', isToken: false } : caller;
  if ('refused' in caller) throw new ApiError(401, caller.refused);
  if (!caller.isToken && asked.method !== 'GET' && !isUpload(req)) {
    const token = req.headers.csrfpreventiontoken;
    if (typeof token !== 'string' || !isCsrfTokenGood(cluster.plain, caller.user, token)) {
      throw new ApiError(401, 'Permission denied - invalid csrf token');
    }
  }
  return caller;
}

function checkNode(cluster: Cluster, node: string, asked: FaultCall): void {
  if (!findNode(cluster, node)) {
    const stranger = cluster.state.strangers?.[node];
    if (stranger !== undefined) throw new ApiError(595, stranger);
    const cause =
      cluster.state.hasNoNameServer && /^[\w.-]+$/.test(node)
        ? 'Temporary failure in name resolution'
        : 'Name or service not known';
    const reason = `failed to get address info for: ${node}: ${cause}`;
    throw new ApiError(500, `hostname lookup '${node}' failed - ${reason}`);
  }
  const cut = cluster.faults.hit('nodeDown', (rule) => rule.node === node, asked);
  if (cut) throw new ApiError(595, cut.reason ?? 'No route to host');
}

function readForm(text: string): Record<string, RawValue> {
  const values: Record<string, RawValue> = {};
  for (const [key, value] of new URLSearchParams(text)) {
    if (key === '_dc') continue;
    const before = values[key];
    values[key] = before === undefined ? value : [before, value].flat();
  }
  return values;
}

/** The fields of an upload; of the file only name and size are kept. */
function readUpload(type: string, body: Buffer): Record<string, RawValue> {
  const values: Record<string, RawValue> = {};
  const [, boundary = ''] = type.split('boundary=');
  for (const part of body.toString('latin1').split(`--${boundary}`)) {
    const [head = '', content = ''] = part.split(/\r\n\r\n(.*)/s);
    const text = content.replace(/\r\n$/, '');
    const file = /filename="([^"]*)"/.exec(head)?.[1];
    const name = /[; ]name="([^"]*)"/.exec(head)?.[1];
    if (file !== undefined) Object.assign(values, { filename: file, tmpsize: text.length });
    else if (name) values[name] = text;
  }
  return values;
}

function readBody(req: IncomingMessage, body: Buffer): Record<string, RawValue> {
  if (body.length === 0) return {};
  if (isUpload(req)) return readUpload(req.headers['content-type'] ?? '', body);
  const text = body.toString('utf8');
  if (!(req.headers['content-type'] ?? '').startsWith('application/json')) return readForm(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw perlError(
      text.startsWith('{')
        ? `'"' expected, at character offset 1 (before "${text.slice(1, 21)}")`
        : `malformed JSON string, neither tag, array, object, number, string or atom, at character offset 0 (before "${text.slice(0, 20)}")`,
      934,
    );
  }
  if (typeof value !== 'object' || value === null) {
    throw perlError(
      `Can't use string ("${String(value).slice(0, 32)}") as a HASH ref while "strict refs" in use`,
      978,
    );
  }
  if (Array.isArray(value)) throw perlError('Not a HASH reference', 978);
  return value as Record<string, RawValue>;
}

/** What Perl says by itself when the server's own code stumbles. */
function perlError(message: string, line: number): PlainRefusal {
  const text = `${message} at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line ${line}.`;
  return new PlainRefusal(500, text, `${text}\n`);
}
