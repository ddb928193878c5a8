import { testConnection } from '../connection-test.ts';
import { describeFindings, hasErrors, type Finding } from '../findings.ts';
import { probeEndpoint } from '../probe-endpoint.ts';
import type { Trust } from '../judge-certificate.ts';
import type { ProxmoxAuth } from '../session.ts';
import { aclPaths, ensureAcl, ensurePool, ensureRole, ensureToken, ensureUser } from './access.ts';
import { findGaps, findMissingAdminRights, findMissingAgent, judgeBootstrapVersion } from './check.ts';
import { openContext, tokenIdOf, type Context, type Wishes } from './context.ts';
import type { Image } from './images.ts';
import { findPlaces, type Place, type PlaceWishes } from './places.ts';
import { ensureTemplate } from './template.ts';

export interface Preparation {
  endpoints: string[];
  trust: Trust;
  /** Asked for only when the way to the cluster is believed. */
  auth: () => Promise<ProxmoxAuth>;
  wishes: Wishes;
  where: Omit<PlaceWishes, 'bridge'>;
  /** None: users and rights only. */
  images: Image[];
  firstVmid: number;
  /** Whether guests are asked by their agent. */
  hasAgent: boolean;
  /** Only look and say what is missing. */
  isCheck: boolean;
  /** Only show the calls that would be made. */
  isDryRun: boolean;
  say: (line: string) => void;
  pollMs?: number;
}

export interface Outcome {
  ok: boolean;
  changes: number;
  /** Of the new or kept token; null when it is not known. */
  secret: string | null;
}

const FAILED: Outcome = { ok: false, changes: 0, secret: null };

/**
 * Makes a cluster ready for Berth, or checks whether it is. Says what it does line by line. What is there already stays, so it
 * can be run again at any time, also after it was cut off. Rejects when a call fails; what was made until then stays.
 */
export async function prepareCluster(preparation: Preparation): Promise<Outcome> {
  const { endpoints, trust, auth, wishes, isDryRun, say, pollMs } = preparation;
  const probes = await Promise.all(endpoints.map((endpoint) => probeEndpoint(endpoint, trust)));
  const way = probes.flatMap(({ findings }) => findings);
  if (way.length > 0) say(describeFindings(way));
  if (hasErrors(way)) return FAILED;
  const options = { endpoints, ...trust, ...(await auth()) };
  const context = await openContext(options, wishes, { isDryRun, say, ...(pollMs ? { pollMs } : {}) });
  try {
    say(`Proxmox VE ${context.version}`);
    return await work(context, preparation);
  } finally {
    await context.close();
  }
}

async function work(context: Context, preparation: Preparation): Promise<Outcome> {
  const { wishes, where, images, isCheck, isDryRun, hasAgent, say } = preparation;
  const { places, findings: found } = await findPlaces(context, { ...where, bridge: wishes.bridge });
  const findings: Finding[] = [
    ...(images.length > 0 ? judgeBootstrapVersion(context.version) : []),
    ...found,
    ...(await findMissingAdminRights(context, places)),
  ];
  const gaps = isCheck ? await findGaps(context, places, images) : [];
  if (isCheck) findings.push(...gaps);
  const isStock = images.some(({ checksums }) => checksums);
  if (hasAgent && isStock && (!isCheck || gaps.some(({ code }) => code === 'template_missing')))
    findings.push(...(await findMissingAgent(context, places)));
  if (findings.length > 0) say(describeFindings(findings));
  const ok = !hasErrors(findings);
  if (isCheck) {
    if (ok) say('The cluster is ready for Berth.');
    return { ok, changes: 0, secret: null };
  }
  if (!ok || places.length === 0) return FAILED;
  const { secret, isNew } = await makeAll(context, preparation, places);
  const isTested = isDryRun || secret === null || (await isTokenGood(preparation, secret));
  if (secret === null && !isDryRun) {
    say(`unknown    the secret of ${tokenIdOf(wishes)}, which was made before; --new-secret replaces it`);
  }
  if (context.changes() === 0) say('Nothing to do: everything is as it should be.');
  return { ok: isTested, changes: context.changes(), secret: isNew || wishes.secretFile ? secret : null };
}

async function makeAll(
  context: Context,
  { wishes, images, firstVmid, hasAgent }: Preparation,
  places: Place[],
): Promise<{ secret: string | null; isNew: boolean }> {
  const storages = [...new Set(places.map(({ storage }) => storage))];
  await ensureRole(context);
  await ensurePool(context);
  await ensureUser(context);
  const token = await ensureToken(context);
  await ensureAcl(context, aclPaths(wishes.bridge, storages));
  // One node after the other: each fetches the image by itself.
  for (const place of places) {
    for (const image of images) await ensureTemplate(context, place, { image, firstVmid, hasAgent });
  }
  return token;
}

/** Tries the token the way Berth will use it. */
async function isTokenGood({ endpoints, trust, wishes, say }: Preparation, secret: string): Promise<boolean> {
  const token = { id: tokenIdOf(wishes), secret };
  const { ok, findings } = await testConnection({ endpoints, trust, token });
  if (findings.length > 0) say(describeFindings(findings));
  else say(`tested     ${token.id}: it can do all that Berth needs`);
  return ok;
}
