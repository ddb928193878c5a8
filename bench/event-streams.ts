import { Agent, get } from 'node:http';

export interface Stream {
  /** Operations it has been shown. */
  seen: Set<string>;
  lastEventId: string;
  close(): void;
}

export interface Streams {
  all: Stream[];
  /** When an operation was shown to the first and to the last of those that were shown it (performance.now()), and to how many. */
  shown: Map<string, { firstAt: number; lastAt: number; streams: number }>;
  /** Streams that ended although nobody closed them. */
  ended: number;
  /** Opens a stream for each token, or where those left off that are given; returns when all of them are answered. */
  open(from: { token: string; lastEventId?: string }[]): Promise<void>;
  closeAll(): void;
}

/**
 * Many open GET /events. Messages are looked at by text, not parsed: this process shares the computer with what is
 * measured.
 */
export function manyStreams(apiUrl: string): Streams {
  const agent = new Agent({ keepAlive: false, maxSockets: Infinity });
  const streams: Streams = {
    all: [],
    shown: new Map(),
    ended: 0,
    async open(from) {
      streams.all = await Promise.all(from.map(openOne));
    },
    closeAll() {
      for (const stream of streams.all) stream.close();
    },
  };

  function openOne({ token, lastEventId = '' }: { token: string; lastEventId?: string }): Promise<Stream> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(lastEventId === '' ? {} : { 'last-event-id': lastEventId }),
      };
      let isClosed = false;
      const sent = get(`${apiUrl}/events`, { agent, headers }, (answer) => {
        if (answer.statusCode !== 200) return reject(new Error(`GET /events answered ${answer.statusCode}`));
        const stream: Stream = {
          seen: new Set(),
          lastEventId,
          close() {
            isClosed = true;
            sent.destroy();
          },
        };
        let rest = '';
        answer.setEncoding('utf8').on('data', (text: string) => {
          const messages = (rest + text).split('\n\n');
          rest = messages.pop() ?? '';
          for (const message of messages) note(stream, message);
        });
        answer.on('close', () => (streams.ended += isClosed ? 0 : 1)).on('error', () => undefined);
        resolve(stream);
      });
      sent.on('error', reject);
    });
  }

  function note(stream: Stream, message: string): void {
    stream.lastEventId = /^id: (\d+)$/m.exec(message)?.[1] ?? stream.lastEventId;
    if (!/^event: operation$/m.test(message)) return;
    const id = /"id":"([^"]+)"/.exec(message)?.[1] ?? '';
    if (stream.seen.has(id)) return;
    stream.seen.add(id);
    const at = performance.now();
    const known = streams.shown.get(id);
    if (known) Object.assign(known, { lastAt: at, streams: known.streams + 1 });
    else streams.shown.set(id, { firstAt: at, lastAt: at, streams: 1 });
  }
  return streams;
}
