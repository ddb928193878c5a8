import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

/** The parts that the environment names, and that are therefore not started here. */
export interface OutsideParts {
  databaseUrl: string | undefined;
  /** An existing Temporal, by the SDK's own variables (TEMPORAL_ADDRESS, TEMPORAL_PROFILE, …). */
  temporal: { address: string; namespace: string } | undefined;
  proxmoxUrl: string | undefined;
  whmcsUrl: string | undefined;
  /** Whether a WHMCS to try a migration on is to be made: beside the simulated cluster, unless told otherwise. */
  wantsWhmcs: boolean;
  /** How many services that has; few when left out. */
  whmcsSize: number | undefined;
}

export function outsideParts(env: NodeJS.ProcessEnv): OutsideParts {
  const isTemporalNamed = Boolean(env['TEMPORAL_ADDRESS'] || env['TEMPORAL_PROFILE']);
  const temporal = isTemporalNamed ? loadClientConnectConfig() : undefined;
  return {
    databaseUrl: env['DATABASE_URL'] || undefined,
    temporal: temporal && {
      address: temporal.connectionOptions.address ?? '127.0.0.1:7233',
      namespace: temporal.namespace ?? 'default',
    },
    proxmoxUrl: env['PROXMOX_URL'] || undefined,
    whmcsUrl: env['WHMCS_DATABASE_URL'] || undefined,
    wantsWhmcs: wantsWhmcs(env),
    whmcsSize: Number(env['BERTH_WHMCS_SIZE']) || undefined,
  };
}

function wantsWhmcs(env: NodeJS.ProcessEnv): boolean {
  if (env['WHMCS_DATABASE_URL'] || env['WHMCS_DATABASE_URL_FILE']) return false;
  return env['BERTH_WHMCS'] ? env['BERTH_WHMCS'] !== '0' : !env['PROXMOX_URL'];
}

/** Fails within seconds, and in words, when the Temporal named by the environment does not answer. */
export async function checkOutsideTemporal(): Promise<void> {
  const { connectionOptions } = loadClientConnectConfig();
  const { address, tls, apiKey, metadata } = connectionOptions;
  try {
    const connection = await Connection.connect({
      connectTimeout: '10s',
      ...(address ? { address } : {}),
      ...(tls === undefined || tls === null ? {} : { tls }),
      ...(typeof apiKey === 'string' ? { apiKey } : {}),
      ...(metadata ? { metadata } : {}),
    });
    await connection.close();
  } catch (err) {
    throw new Error(`Temporal at ${address} (TEMPORAL_ADDRESS) does not answer: ${(err as Error).message}`, {
      cause: err,
    });
  }
}
