import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { error, type Finding } from './findings.ts';
import { normalizeFingerprint } from './transport.ts';

export type CertificateCode =
  | 'tls_fingerprint_mismatch'
  | 'tls_expired'
  | 'tls_not_yet_valid'
  | 'tls_self_signed'
  | 'tls_unknown_issuer'
  | 'tls_host_mismatch';

/** What is believed of a server: its pinned certificate, or a CA in PEM, or else the system's CAs. */
export interface Trust {
  fingerprint?: string;
  ca?: string;
}

/** What is wrong with the certificate of a server that was asked for by `name`, or null when it is believed. */
export function judgeCertificate(
  { authorized, authorizationError }: TLSSocket,
  certificate: X509Certificate,
  name: string,
  trust: Trust,
): Finding<CertificateCode> | null {
  const seen = certificate.fingerprint256;
  const pin = `If ${seen} is the fingerprint shown on the node (pvenode cert info), give it to be pinned`;
  if (trust.fingerprint !== undefined) {
    if (normalizeFingerprint(trust.fingerprint) === normalizeFingerprint(seen)) return null;
    return error(
      'tls_fingerprint_mismatch',
      `The certificate is not the pinned one; its fingerprint is ${seen}.`,
      `${pin} instead: certificates change when they are renewed. If it is not, somebody stands between.`,
    );
  }
  if (authorized) return null;
  if (certificate.validToDate.getTime() < Date.now()) {
    return error(
      'tls_expired',
      `The certificate expired on ${day(certificate.validToDate)}; its fingerprint is ${seen}.`,
      `Renew it (pvecm updatecerts --force, or pvenode acme cert renew). ${pin}; a pinned one may be expired.`,
    );
  }
  if (certificate.validFromDate.getTime() > Date.now()) {
    return error(
      'tls_not_yet_valid',
      `The certificate is valid from ${day(certificate.validFromDate)} only; its fingerprint is ${seen}.`,
      `See to the clocks of this computer and of the node. ${pin}.`,
    );
  }
  const code = String(authorizationError);
  if (/ALTNAME_INVALID/.test(code)) {
    return error(
      'tls_host_mismatch',
      `The certificate is for ${certificate.subjectAltName ?? certificate.subject}, not for ${name}; its fingerprint is ${seen}.`,
      `Use a name that it is for, or make one for this name. ${pin}.`,
    );
  }
  if (code.startsWith('DEPTH_ZERO_SELF_SIGNED')) {
    return error(
      'tls_self_signed',
      `The certificate is signed by itself; its fingerprint is ${seen}.`,
      `${pin}, or give the certificate itself as the CA.`,
    );
  }
  return error(
    'tls_unknown_issuer',
    `The certificate is signed by ${issuerOf(certificate.issuer)}, which is not trusted here (${code}); its fingerprint is ${seen}.`,
    `Give the cluster's CA (/etc/pve/pve-root-ca.pem). Or: ${pin}, which suits a cluster with one address.`,
  );
}

const day = (date: Date): string => date.toISOString().slice(0, 10);
const issuerOf = (text: string): string => /^(?:CN|O)=(.*)$/m.exec(text)?.[1] ?? text.replaceAll('\n', ', ');
