import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { tellFinding } from '../contract/connection-texts.ts';
import { finding, type Finding } from './findings.ts';
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
  const { fingerprint256: fingerprint } = certificate;
  if (trust.fingerprint !== undefined) {
    if (normalizeFingerprint(trust.fingerprint) === normalizeFingerprint(fingerprint)) return null;
    return finding(
      'error',
      'tls_fingerprint_mismatch',
      tellFinding('tls_fingerprint_mismatch', { fingerprint }),
    );
  }
  if (authorized) return null;
  if (certificate.validToDate.getTime() < Date.now()) {
    return finding(
      'error',
      'tls_expired',
      tellFinding('tls_expired', { day: day(certificate.validToDate), fingerprint }),
    );
  }
  if (certificate.validFromDate.getTime() > Date.now()) {
    return finding(
      'error',
      'tls_not_yet_valid',
      tellFinding('tls_not_yet_valid', { day: day(certificate.validFromDate), fingerprint }),
    );
  }
  const code = String(authorizationError);
  if (/ALTNAME_INVALID/.test(code)) {
    return finding(
      'error',
      'tls_host_mismatch',
      tellFinding('tls_host_mismatch', {
        names: certificate.subjectAltName ?? certificate.subject,
        name,
        fingerprint,
      }),
    );
  }
  if (code.startsWith('DEPTH_ZERO_SELF_SIGNED')) {
    return finding('error', 'tls_self_signed', tellFinding('tls_self_signed', { fingerprint }));
  }
  return finding(
    'error',
    'tls_unknown_issuer',
    tellFinding('tls_unknown_issuer', {
      issuer: issuerOf(certificate.issuer),
      reason: code,
      fingerprint,
    }),
  );
}

const day = (date: Date): string => date.toISOString().slice(0, 10);
const issuerOf = (text: string): string => /^(?:CN|O)=(.*)$/m.exec(text)?.[1] ?? text.replaceAll('\n', ', ');
