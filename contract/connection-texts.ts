import { fillIn } from './fill-in.ts';
import type { Said } from './said.ts';

const NODE_OR_FIREWALL =
  'See whether the node is up, and whether a firewall between here and there drops packets.';
const OWN_ADDRESS = "Correct the address: it is that of Proxmox's own web page, usually on port 8006.";
const CLOCKS = 'Synchronise both with NTP (chronyc tracking, timedatectl).';
const PIN = 'f {fingerprint} is the fingerprint shown on the node (pvenode cert info), give it to be pinned';

/** What the test of a connection may find and what to do about it; a code may be found in more than one way. */
export const CONNECTION_TEXTS = {
  dns_not_found: {
    message: 'The name {name} does not exist in DNS.',
    remedy: 'Correct the address, add the name to DNS or /etc/hosts, or use the IP address.',
  },
  dns_unavailable: {
    message: 'The name {name} cannot be looked up ({reason}).',
    remedy: 'See to the DNS servers of this computer (/etc/resolv.conf), and try again.',
  },
  connected_but_silent: {
    message: 'Port {port} takes connections but does not answer within {seconds} s.',
    remedy: NODE_OR_FIREWALL,
  },
  silent_for: {
    message: 'Nothing answers on port {port} within {seconds} s.',
    remedy: NODE_OR_FIREWALL,
  },
  silent: { message: 'Nothing answers on port {port}.', remedy: NODE_OR_FIREWALL },
  connection_refused: {
    message: 'Nothing listens on port {port}.',
    remedy:
      'Correct the port (Proxmox VE uses 8006), or start pveproxy on the node: systemctl start pveproxy.',
  },
  host_unreachable: {
    message: 'There is no way to this address ({reason}).',
    remedy: 'See whether the node is up, and to routes and firewalls between here and there.',
  },
  not_tls: {
    message: 'Port {port} does not speak TLS.',
    remedy: 'Correct the port (Proxmox VE uses 8006); Berth does not speak plain HTTP to Proxmox.',
  },
  tls_failed: {
    message: 'The connection breaks while TLS begins ({reason}).',
    remedy:
      'See whether this is the address of Proxmox itself, and to what stands between: proxies, firewalls.',
  },
  tls_fingerprint_mismatch: {
    message: 'The certificate is not the pinned one; its fingerprint is {fingerprint}.',
    remedy: `I${PIN} instead: certificates change when they are renewed. If it is not, somebody stands between.`,
  },
  tls_expired: {
    message: 'The certificate expired on {day}; its fingerprint is {fingerprint}.',
    remedy: `Renew it (pvecm updatecerts --force, or pvenode acme cert renew). I${PIN}; a pinned one may be expired.`,
  },
  tls_not_yet_valid: {
    message: 'The certificate is valid from {day} only; its fingerprint is {fingerprint}.',
    remedy: `See to the clocks of this computer and of the node. I${PIN}.`,
  },
  tls_host_mismatch: {
    message: 'The certificate is for {names}, not for {name}; its fingerprint is {fingerprint}.',
    remedy: `Use a name that it is for, or make one for this name. I${PIN}.`,
  },
  tls_self_signed: {
    message: 'The certificate is signed by itself; its fingerprint is {fingerprint}.',
    remedy: `I${PIN}, or give the certificate itself as the CA.`,
  },
  tls_unknown_issuer: {
    message:
      'The certificate is signed by {issuer}, which is not trusted here ({reason}); its fingerprint is {fingerprint}.',
    remedy: `Give the cluster's CA (/etc/pve/pve-root-ca.pem). Or: I${PIN}, which suits a cluster with one address.`,
  },
  answers_otherwise: {
    message: 'It does not answer as Proxmox VE does ({reason}).',
    remedy: OWN_ADDRESS,
  },
  something_else: {
    message: 'Something else than Proxmox VE answers: {answer}, {kind}.',
    remedy: OWN_ADDRESS,
  },
  something_else_from: {
    message: 'Something else than Proxmox VE answers: {answer}, {kind} from {server}.',
    remedy: OWN_ADDRESS,
  },
  proxmox_failing: {
    message: 'Proxmox VE is there but fails: {answer}.',
    remedy:
      'See to the node: systemctl status pvedaemon pveproxy pve-cluster; a cluster without quorum does this too.',
  },
  clock_ahead: { message: "The node's clock is {seconds} s ahead of this computer's.", remedy: CLOCKS },
  clock_behind: { message: "The node's clock is {seconds} s behind this computer's.", remedy: CLOCKS },
  token_user_missing: {
    message: 'Proxmox VE has no such user: {token}.',
    remedy: 'Correct the id (user@realm!name), or make user and token with npm run proxmox:bootstrap.',
  },
  token_user_disabled: {
    message: 'Proxmox VE has disabled its user: {token}.',
    remedy: 'Enable the user: pveum user modify <user> --enable 1.',
  },
  token_missing: {
    message: 'Proxmox VE has no such token: {token}.',
    remedy: 'Correct the id (user@realm!name), or make the token with npm run proxmox:bootstrap.',
  },
  token_expired: {
    message: 'Proxmox VE says that it has expired: {token}.',
    remedy: 'Give user and token a later end or none: pveum user token modify <user> <name> --expire 0.',
  },
  token_secret_wrong: {
    message: 'Proxmox VE says that its secret is another one: {token}.',
    remedy: 'Correct the secret; one that is lost is replaced by npm run proxmox:bootstrap -- --new-secret.',
  },
  token_refused: {
    message: 'Proxmox VE refuses it ({reason}): {token}.',
    remedy:
      'It does not say why: see whether user and token exist, are enabled and have not expired (pveum user token list <user>), and whether the secret is right.',
  },
  version_too_old: {
    message: 'The cluster runs Proxmox VE {version}; Berth needs {oldest} or newer.',
    remedy: 'Upgrade the cluster.',
  },
  version_unknown: {
    message: 'The cluster runs Proxmox VE {version}, which is newer than this version of Berth knows.',
    remedy: 'Look for a newer Berth, or try an order on a test cluster first.',
  },
  privilege_missing: {
    message: 'The token lacks {privilege} on {path}.',
    remedy:
      "Give a role with it to both the user and the token: pveum acl modify {path} --users {user} --tokens '{token}' --roles Berth",
  },
  storage_missing: {
    message: 'The token sees no storage for disks of VMs.',
    remedy:
      'Give it {privileges} on the storage that servers are to use (/storage/<name>), whose content must include "images".',
  },
  bridge_missing: {
    message: 'The token sees no bridge to connect servers to.',
    remedy:
      'Give it {privileges} on the bridge ({path}), or on the zone of a virtual network (/sdn/zones/<zone>).',
  },
  node_offline: {
    message: 'Node {node} is {status}.',
    remedy: 'Berth uses it when it is back; nothing was checked there.',
  },
  template_missing: {
    message: 'No template has the tag {tag}, so nothing can be ordered yet.',
    remedy: 'Make one with npm run proxmox:bootstrap, or give that tag to a template that you have.',
  },
  rescue_iso_missing: {
    message: 'The rescue medium {volume} is not there, or cannot be seen, on {nodes}.',
    remedy:
      'Upload it to {storage} (ISO Images) on these nodes, and give the token Datastore.Audit on {path}.',
  },
  proxmox_error: {
    message: 'Proxmox VE fails: {reason}.',
    remedy: 'See to the cluster (pvecm status, journalctl -u pveproxy -u pvedaemon), and try again.',
  },
} as const;
export type ConnectionText = keyof typeof CONNECTION_TEXTS;

type Gap<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Gap<Rest>
  : never;
type Params<Text extends ConnectionText> = Record<
  Gap<(typeof CONNECTION_TEXTS)[Text]['message' | 'remedy']>,
  string | number
>;

export interface ToldFinding {
  message: string;
  remedy: string;
  said: Said;
}

/** One of them in English, with its code. */
export function tellFinding<Text extends ConnectionText>(code: Text, params: Params<Text>): ToldFinding {
  const { message, remedy } = CONNECTION_TEXTS[code];
  return {
    message: fillIn(message, params, String),
    remedy: fillIn(remedy, params, String),
    said: { code, params },
  };
}
