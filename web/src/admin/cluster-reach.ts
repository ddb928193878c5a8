import { useMutation } from '@tanstack/react-query';
import type { Cluster, ConnectionReport, TestCluster } from '../../../contract/clusters.ts';
import { json } from '../api.ts';

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

/** What the API is told; null while something is missing. */
export function connectionFrom({
  endpoints,
  tokenId,
  secret,
  trust,
  fingerprint,
  ca,
}: Reach): TestCluster | null {
  const urls = endpoints.split(/[\s,]+/).filter(Boolean);
  if (urls.length === 0 || !tokenId.trim() || !secret) return null;
  if ((trust === 'fingerprint' && !fingerprint.trim()) || (trust === 'ca' && !ca.trim())) return null;
  return {
    endpoints: urls,
    tokenId: tokenId.trim(),
    tokenSecret: secret,
    ...(trust === 'fingerprint' ? { tlsFingerprint: fingerprint.trim() } : {}),
    ...(trust === 'ca' ? { tlsCa: ca.trim() } : {}),
  };
}

/** The test of what was typed; what is typed afterwards has not been tested. */
export function useConnectionTest(connection: TestCluster | null) {
  const test = useMutation({
    mutationFn: (body: TestCluster) =>
      json<ConnectionReport>('/admin/clusters/test', { method: 'POST', body }),
  });
  const isOfThis = JSON.stringify(test.variables) === JSON.stringify(connection);
  return { test, report: isOfThis ? test.data : undefined };
}
