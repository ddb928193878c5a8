import { findStorage, isShared } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import type { Clock } from './clock.ts';

/** Advisory file locks as qemu-server takes them, one per VM and node. */
export interface FileLocks {
  /** Takes the lock at once if it is free; false otherwise. */
  tryAcquire(key: string, owner: string, exclusive: boolean): boolean;
  /** Waits for the lock; false when it was not free within the time. Aborting rejects. */
  acquire(
    key: string,
    owner: string,
    exclusive: boolean,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<boolean>;
  release(key: string, owner: string): void;
}

export function createFileLocks(clock: Pick<Clock, 'now' | 'after'>): FileLocks {
  const holders = new Map<string, Map<string, boolean>>();
  const waiters = new Set<() => void>();

  function tryAcquire(key: string, owner: string, exclusive: boolean): boolean {
    const held = holders.get(key) ?? new Map<string, boolean>();
    const others = [...held].filter(([name]) => name !== owner);
    if (exclusive ? others.length > 0 : others.some(([, mode]) => mode)) return false;
    held.set(owner, exclusive);
    holders.set(key, held);
    return true;
  }

  async function acquire(
    key: string,
    owner: string,
    exclusive: boolean,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const deadline = clock.now() + waitMs;
    for (;;) {
      signal?.throwIfAborted();
      if (tryAcquire(key, owner, exclusive)) return true;
      const left = deadline - clock.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          callOff();
          waiters.delete(wake);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const callOff = clock.after(left, wake);
        waiters.add(wake);
        signal?.addEventListener('abort', wake);
      });
    }
  }

  function release(key: string, owner: string): void {
    const held = holders.get(key);
    if (!held?.delete(owner)) return;
    if (held.size === 0) holders.delete(key);
    for (const wake of waiters) wake();
  }

  return { tryAcquire, acquire, release };
}

/** A lock by its key, and what is said by who waits for it and by who waited in vain. */
export interface Lock {
  key: string;
  waits: string;
  timeout: string;
}

/** What everyone takes who makes or removes volumes: a file of the node, or for a shared storage a lock of the cluster. */
export function storageLock(cluster: Cluster, node: string, name: string): Lock {
  const storage = findStorage(cluster, node, name);
  if (storage && isShared(storage)) {
    return {
      key: `storage ${name}`,
      waits: `trying to acquire cfs lock 'storage-${name}' ...`,
      timeout: `cfs-lock 'storage-${name}' error: got lock request timeout`,
    };
  }
  return {
    key: `storage ${node}/${name}`,
    waits: 'trying to acquire lock...',
    timeout: `can't lock file '/var/lock/pve-manager/pve-storage-${name}' - got timeout`,
  };
}

/** The text of a lock that was not free in time. */
export function lockTimeout(vmid: number): string {
  return `can't lock file '/var/lock/qemu-server/lock-${vmid}.conf' - got timeout`;
}
