import { Agent } from 'undici';

export interface LoadResult {
  requestsPerSecond: number;
  /** Of each request, in milliseconds. */
  latencies: number[];
}

/** Asks for one URL over `clients` connections, each as soon as it has its last answer, for `ms` milliseconds. */
export async function loadUrl(
  url: string,
  { clients, ms, headers = {} }: { clients: number; ms: number; headers?: Record<string, string> },
): Promise<LoadResult> {
  const agent = new Agent({ connections: clients, pipelining: 1 });
  const { origin, pathname, search } = new URL(url);
  const latencies: number[] = [];
  const startedAt = performance.now();
  const client = async () => {
    while (performance.now() - startedAt < ms) {
      const askedAt = performance.now();
      const answer = await agent.request({ origin, path: `${pathname}${search}`, method: 'GET', headers });
      await answer.body.dump({ limit: 10 * 1024 * 1024 });
      if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
      latencies.push(performance.now() - askedAt);
    }
  };
  try {
    await Promise.all(Array.from({ length: clients }, client));
  } finally {
    await agent.close();
  }
  return { requestsPerSecond: latencies.length / ((performance.now() - startedAt) / 1_000), latencies };
}
