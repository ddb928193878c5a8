import type { ClusterState, TaskRecord } from './cluster-state.ts';

/**
 * Hears of each change at once. The state is told of in parts: an entry of one of its records, as `vms` and `100`, or all
 * of another property, with no key.
 */
export type ChangeListener = (property: string, key: string | null) => void;

export interface TrackedState {
  /** The state to work on: whatever is written to it, however deep, is noticed. */
  state: ClusterState;
  /** The same state, quick to read and never to be written. */
  plain: Readonly<ClusterState>;
  onChange(listener: ChangeListener): void;
  /** A part as it is now; undefined when it is gone. */
  partOf(property: string, key: string | null): unknown;
  /** The tasks are a plain list, since it is long and always changing: they are added, changed and dropped through these. */
  addTask(record: TaskRecord): TaskRecord;
  trackTask(record: TaskRecord): TaskRecord;
  dropTask(record: TaskRecord): void;
  findTask(upid: string): Readonly<TaskRecord> | undefined;
}

/** Wraps a state so that its changes are noticed; it must not be written in any other way from then on. */
export function trackState(plain: ClusterState): TrackedState {
  const listeners: ChangeListener[] = [];
  const proxies = new WeakMap<object, object>();
  const originals = new WeakMap<object, object>();
  const tasks = new Map(plain.tasks.map((task) => [task.upid, task]));

  function tell(property: string, key: string | null): void {
    for (const listener of listeners) listener(property, key);
  }

  function wrap<T extends object>(target: T, makeHandler: () => ProxyHandler<T>): T {
    const known = proxies.get(target);
    if (known) return known as T;
    const proxy = new Proxy(target, makeHandler());
    proxies.set(target, proxy);
    originals.set(proxy, target);
    return proxy;
  }

  /** What to store for a value: of what belongs to another place a copy, so that each thing is in one part only. */
  function ownedBy(before: unknown, value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const original = originals.get(value);
    if (original) return original === before ? original : structuredClone(original);
    for (const [name, inner] of Object.entries(value)) {
      const owned = ownedBy(undefined, inner);
      if (owned !== inner) Reflect.set(value, name, owned);
    }
    return value;
  }

  /** Reads through `enter`, and tells of each write. */
  function handler<T extends object>(
    enter: (value: object, name: string) => unknown,
    written: (name: string) => void,
  ): ProxyHandler<T> {
    return {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'object' && value !== null && typeof name === 'string'
          ? enter(value, name)
          : value;
      },
      set(target, name, value: unknown) {
        const isDone = Reflect.set(target, name, ownedBy(Reflect.get(target, name), value));
        written(String(name));
        return isDone;
      },
      deleteProperty(target, name) {
        const isDone = Reflect.deleteProperty(target, name);
        written(String(name));
        return isDone;
      },
    };
  }

  function part<T extends object>(value: T, property: string, key: string | null): T {
    return wrap(value, () =>
      handler(
        (inner) => part(inner, property, key),
        () => tell(property, key),
      ),
    );
  }

  function property(value: object, name: string): object {
    if (name === 'tasks') return value;
    if (Array.isArray(value)) return part(value, name, null);
    return wrap(value, () =>
      handler(
        (entry, key) => part(entry, name, key),
        (key) => tell(name, key),
      ),
    );
  }

  const trackTask = (record: TaskRecord): TaskRecord => part(record, 'tasks', record.upid);

  return {
    state: wrap(plain, () => handler(property, (name) => tell(name, null))),
    plain,
    onChange: (listener) => listeners.push(listener),
    partOf(name, key) {
      if (name === 'tasks' && key !== null) return tasks.get(key);
      const value = plain[name as keyof ClusterState];
      return key === null ? value : (value as Record<string, unknown> | undefined)?.[key];
    },
    addTask(record) {
      plain.tasks.push(record);
      tasks.set(record.upid, record);
      tell('tasks', record.upid);
      return trackTask(record);
    },
    trackTask,
    dropTask(record) {
      plain.tasks.splice(plain.tasks.indexOf(record), 1);
      tasks.delete(record.upid);
      tell('tasks', record.upid);
    },
    findTask: (upid) => tasks.get(upid),
  };
}
