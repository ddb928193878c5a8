export interface Upid {
  node: string;
  /** Unix seconds */
  startTime: number;
  type: string;
  /** VM id as text for VM tasks (the template's for a clone), else a storage or nothing. */
  id: string;
  /** `user@realm` or `user@realm!token` */
  user: string;
}

const UPID =
  /^UPID:([a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?):[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:([0-9A-Fa-f]{8}):([^:\s/]+):([^:\s/]*):([^:\s/]+):$/;

/** Takes a task id apart (grammar of PVE::UPID). Throws TypeError for anything else. */
export function parseUpid(upid: string): Upid {
  const [, node, startTime, type, id, user] = UPID.exec(upid) ?? [];
  if (node === undefined || startTime === undefined || type === undefined || user === undefined) {
    throw new TypeError(`not a task id: ${upid}`);
  }
  return { node, startTime: Number.parseInt(startTime, 16), type, id: id ?? '', user };
}
