import { t } from '@lingui/core/macro';
import { useMutation } from '@tanstack/react-query';
import type { Cluster, ConnectionReport, TestCluster } from '../../../contract/clusters.ts';
import { json } from '../api.ts';
import { ifEmpty } from '../components/text-field.tsx';

export type Trust = 'system' | 'fingerprint' | 'ca';

/** How a cluster is reached, as it is typed. */
export interface Reach {
  endpoints: string;
  tokenId: string;
  secret: string;
  trust: Trust;
  fingerprint: string;
  ca: string;
}

/** What of it is known of a cluster; its secret is not. */
export const reachOf = (cluster: Cluster | null): Reach => ({
  endpoints: cluster?.endpoints.join('\n') ?? '',
  tokenId: cluster?.tokenId ?? '',
  secret: '',
  trust: cluster?.tlsFingerprint ? 'fingerprint' : cluster?.hasTlsCa ? 'ca' : 'system',
  fingerprint: cluster?.tlsFingerprint ?? '',
  ca: '',
});

const urlsOf = ({ endpoints }: Reach): string[] => endpoints.split(/[\s,]+/).filter(Boolean);

export type ReachField = 'endpoints' | 'tokenId' | 'tokenSecret' | 'tlsFingerprint' | 'tlsCa';

/** Where it is not to be changed. */
export const NO_MISTAKES: Record<ReachField, null> = {
  endpoints: null,
  tokenId: null,
  tokenSecret: null,
  tlsFingerprint: null,
  tlsCa: null,
};

/** What is missing of it, under the names the API has for its fields. */
export function reachMistakes(reach: Reach): Record<ReachField, string | null> {
  const { tokenId, secret, trust, fingerprint, ca } = reach;
  return {
    endpoints: urlsOf(reach).length > 0 ? null : t`Enter an address such as https://pve1.example.net:8006`,
    tokenId: ifEmpty(tokenId, t`Enter a token id such as berth@pve!berth`),
    tokenSecret: secret === '' ? t`Enter the secret of the token` : null,
    tlsFingerprint: trust === 'fingerprint' ? ifEmpty(fingerprint, t`Enter the fingerprint`) : null,
    tlsCa: trust === 'ca' ? ifEmpty(ca, t`Paste the certificate of the CA`) : null,
  };
}

/** What the API is told. */
export function connectionFrom(reach: Reach): TestCluster {
  const { tokenId, secret, trust, fingerprint, ca } = reach;
  return {
    endpoints: urlsOf(reach),
    tokenId: tokenId.trim(),
    tokenSecret: secret,
    ...(trust === 'fingerprint' ? { tlsFingerprint: fingerprint.trim() } : {}),
    ...(trust === 'ca' ? { tlsCa: ca.trim() } : {}),
  };
}

/** The test of what was typed; what is typed afterwards has not been tested. */
export function useConnectionTest(connection: TestCluster) {
  const test = useMutation({
    mutationFn: (body: TestCluster) =>
      json<ConnectionReport>('/admin/clusters/test', { method: 'POST', body }),
  });
  const isOfThis = JSON.stringify(test.variables) === JSON.stringify(connection);
  return { test, report: isOfThis ? test.data : undefined };
}
