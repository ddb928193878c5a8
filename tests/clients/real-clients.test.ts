import { expect, test } from 'vitest';

import { REAL_CLIENTS, runClient } from './real-clients.ts';

test.for(REAL_CLIENTS)('$name gets on with the simulator', { timeout: 300_000 }, async (client, { skip }) => {
  const result = await runClient(client);
  if ('skipped' in result) return skip(result.skipped);
  const output = expect.stringMatching(/: \d+ steps passed, 0 not tried\n$/) as string;
  expect(result).toEqual({ output, passed: true });
});
