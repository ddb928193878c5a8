import { REAL_CLIENTS, runClient } from './real-clients.ts';

/** `npm run test:clients`: says step by step how the clients of others get on with the simulator. */
for (const client of REAL_CLIENTS) {
  process.stdout.write(`${client.name}\n`);
  const result = await runClient(client);
  if ('skipped' in result) {
    process.stdout.write(`  skipped: ${result.skipped}\n`);
    continue;
  }
  process.stdout.write(result.output);
  if (!result.passed) process.exitCode = 1;
}
