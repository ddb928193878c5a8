import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMariadb } from '../mariadb-server.ts';
import { generate } from './generate.ts';

/**
 * Says how fast the generator is and how much memory it takes: `node testbed/whmcs/measure.ts 2000 100000`. Memory
 * must not grow with the size.
 */
const sizes = process.argv.slice(2).map(Number);
const dir = await mkdtemp(join(tmpdir(), 'berth-whmcs-measure-'));
const server = await startMariadb({ dataDir: join(dir, 'data'), durable: false });
try {
  for (const size of sizes) {
    let peak = 0;
    const started = performance.now();
    const { rows } = await generate({
      url: server.url,
      seed: 'measure',
      size,
      truthDir: join(dir, 'truth'),
      onProgress: () => {
        peak = Math.max(peak, process.memoryUsage().rss);
      },
    });
    const seconds = (performance.now() - started) / 1000;
    process.stdout.write(
      `${size} services: ${rows} rows in ${seconds.toFixed(1)} s, ${Math.round(rows / seconds)} rows/s, peak ${Math.round(peak / 2 ** 20)} MiB\n`,
    );
  }
} finally {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
}
