import { createAdmin, type Admin } from '../tests/e2e/migration.ts';
import { startBerth, type Part } from '../tests/e2e/berth.ts';
import { printRatio } from './numbers.ts';

/** Kills random parts at random points of migrations, and checks that each ends with the content of an undisturbed one. */
const KILLS = Number(process.env['KILLS'] ?? 20);
const SERVICES = Number(process.env['SERVICES'] ?? 3_000);
const PER_RUN = 4;
const PARTS = ['worker', 'temporal', 'postgres', 'mariadb', 'proxmox-fra1'] as const;

const startedAt = Date.now();
const say = (text: string) =>
  console.log(`[${((Date.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s] ${text}`);

const berth = await startBerth({ speed: '0', whmcs: true, whmcsSize: SERVICES });
const admin = await createAdmin(berth);
let killed = 0;
let equal = 0;
try {
  const first = await admin.begin('--yes-without-dry-run');
  await first.command;
  const content = await admin.content();
  say(`undisturbed: ${content.rows} rows, ${content.hash}`);
  while (killed < KILLS) {
    const kills = await disturb(admin, Math.min(PER_RUN, KILLS - killed));
    killed += kills;
    const now = await admin.content();
    const isEqual = now.hash === content.hash;
    if (isEqual) equal += kills;
    say(`${isEqual ? 'equal' : 'DIFFERENT'}: ${now.rows} rows, ${now.hash}`);
  }
  printRatio(equal / KILLS, 'kills after which the content was equal: 1.000');
  if (equal < KILLS) process.exitCode = 1;
} finally {
  await admin.close();
  await berth.stop();
}

/** A run with some kills, to its end; answers how many came before that. The run before is rolled back first. */
async function disturb(admin: Admin, wanted: number): Promise<number> {
  const points = Array.from({ length: wanted }, () => Math.random()).toSorted((a, b) => a - b);
  await admin.done('rollback', 'latest');
  const { runId, command } = await admin.begin('--yes-without-dry-run');
  let kills = 0;
  for (const point of points) {
    const part: Part = PARTS[Math.floor(Math.random() * PARTS.length)] ?? 'worker';
    let where = '';
    let isOver = false;
    await admin.untilProgress(runId, ({ status, phase, done: rows, total }) => {
      isOver = status === 'succeeded';
      where = `${phase}, ${rows} of ${total} rows`;
      return isOver || (total > 0 && rows / total >= point);
    });
    if (isOver) break;
    say(`kills ${part} in ${where}`);
    await admin.kill(part);
    kills += 1;
  }
  const { exitCode, stderr } = await command;
  if (exitCode !== 0) say(`the command ended with ${exitCode}: ${stderr.trim().split('\n').at(-1)}`);
  await admin.untilProgress(runId, ({ status }) => status === 'succeeded');
  return kills;
}
