import type { ConnectionText } from '../../../contract/connection-texts.ts';

export interface FindingWords {
  message: string;
  remedy: string;
}

const NODE_OR_FIREWALL =
  'Sehen Sie nach, ob der Knoten läuft und ob eine Firewall auf dem Weg dorthin Pakete verwirft.';
const OWN_ADDRESS =
  'Korrigieren Sie die Adresse: Es ist die der Webseite von Proxmox selbst, meist auf Port 8006.';
const CLOCKS = 'Gleichen Sie beide mit NTP ab (chronyc tracking, timedatectl).';
const PIN =
  'Ist {fingerprint} der Fingerabdruck, der auf dem Knoten angezeigt wird (pvenode cert info), geben Sie ihn zum Festlegen an';

/** `CONNECTION_TEXTS` of the contract in German, with the same gaps. */
export const CONNECTION_DE: Record<ConnectionText, FindingWords> = {
  dns_not_found: {
    message: 'Den Namen {name} gibt es im DNS nicht.',
    remedy:
      'Korrigieren Sie die Adresse, tragen Sie den Namen im DNS oder in /etc/hosts ein, oder verwenden Sie die IP-Adresse.',
  },
  dns_unavailable: {
    message: 'Der Name {name} lässt sich nicht nachschlagen ({reason}).',
    remedy:
      'Sehen Sie nach den DNS-Servern dieses Rechners (/etc/resolv.conf), und versuchen Sie es noch einmal.',
  },
  connected_but_silent: {
    message: 'Port {port} nimmt Verbindungen an, antwortet aber nicht innerhalb von {seconds} s.',
    remedy: NODE_OR_FIREWALL,
  },
  silent_for: {
    message: 'Auf Port {port} antwortet innerhalb von {seconds} s nichts.',
    remedy: NODE_OR_FIREWALL,
  },
  silent: { message: 'Auf Port {port} antwortet nichts.', remedy: NODE_OR_FIREWALL },
  connection_refused: {
    message: 'Auf Port {port} lauscht nichts.',
    remedy:
      'Korrigieren Sie den Port (Proxmox VE verwendet 8006), oder starten Sie pveproxy auf dem Knoten: systemctl start pveproxy.',
  },
  host_unreachable: {
    message: 'Es gibt keinen Weg zu dieser Adresse ({reason}).',
    remedy: 'Sehen Sie nach, ob der Knoten läuft, und nach Routen und Firewalls auf dem Weg dorthin.',
  },
  not_tls: {
    message: 'Port {port} spricht kein TLS.',
    remedy:
      'Korrigieren Sie den Port (Proxmox VE verwendet 8006); Berth spricht mit Proxmox kein unverschlüsseltes HTTP.',
  },
  tls_failed: {
    message: 'Die Verbindung bricht ab, während TLS beginnt ({reason}).',
    remedy:
      'Sehen Sie nach, ob das die Adresse von Proxmox selbst ist und was dazwischen steht: Proxys, Firewalls.',
  },
  tls_fingerprint_mismatch: {
    message: 'Das Zertifikat ist nicht das festgelegte; sein Fingerabdruck ist {fingerprint}.',
    remedy: `${PIN}: Zertifikate ändern sich, wenn sie erneuert werden. Ist er es nicht, steht jemand dazwischen.`,
  },
  tls_expired: {
    message: 'Das Zertifikat ist am {day} abgelaufen; sein Fingerabdruck ist {fingerprint}.',
    remedy: `Erneuern Sie es (pvecm updatecerts --force oder pvenode acme cert renew). ${PIN}; ein festgelegtes darf abgelaufen sein.`,
  },
  tls_not_yet_valid: {
    message: 'Das Zertifikat gilt erst ab dem {day}; sein Fingerabdruck ist {fingerprint}.',
    remedy: `Sehen Sie nach den Uhren dieses Rechners und des Knotens. ${PIN}.`,
  },
  tls_host_mismatch: {
    message: 'Das Zertifikat ist für {names}, nicht für {name}; sein Fingerabdruck ist {fingerprint}.',
    remedy: `Verwenden Sie einen Namen, für den es ist, oder machen Sie eines für diesen Namen. ${PIN}.`,
  },
  tls_self_signed: {
    message: 'Das Zertifikat ist von sich selbst unterschrieben; sein Fingerabdruck ist {fingerprint}.',
    remedy: `${PIN}, oder geben Sie das Zertifikat selbst als CA an.`,
  },
  tls_unknown_issuer: {
    message:
      'Das Zertifikat ist von {issuer} unterschrieben, und dem wird hier nicht vertraut ({reason}); sein Fingerabdruck ist {fingerprint}.',
    remedy: `Geben Sie die CA des Clusters an (/etc/pve/pve-root-ca.pem). Oder: ${PIN}, was zu einem Cluster mit einer Adresse passt.`,
  },
  answers_otherwise: {
    message: 'Es antwortet nicht wie Proxmox VE ({reason}).',
    remedy: OWN_ADDRESS,
  },
  something_else: {
    message: 'Etwas anderes als Proxmox VE antwortet: {answer}, {kind}.',
    remedy: OWN_ADDRESS,
  },
  something_else_from: {
    message: 'Etwas anderes als Proxmox VE antwortet: {answer}, {kind} von {server}.',
    remedy: OWN_ADDRESS,
  },
  proxmox_failing: {
    message: 'Proxmox VE ist da, hat aber einen Fehler: {answer}.',
    remedy:
      'Sehen Sie nach dem Knoten: systemctl status pvedaemon pveproxy pve-cluster; auch ein Cluster ohne Quorum verhält sich so.',
  },
  clock_ahead: {
    message: 'Die Uhr des Knotens geht gegenüber der dieses Rechners {seconds} s vor.',
    remedy: CLOCKS,
  },
  clock_behind: {
    message: 'Die Uhr des Knotens geht gegenüber der dieses Rechners {seconds} s nach.',
    remedy: CLOCKS,
  },
  token_user_missing: {
    message: 'In Proxmox VE gibt es diesen Benutzer nicht: {token}.',
    remedy:
      'Korrigieren Sie die ID (user@realm!name), oder legen Sie Benutzer und Token mit npm run proxmox:bootstrap an.',
  },
  token_user_disabled: {
    message: 'In Proxmox VE ist der Benutzer deaktiviert: {token}.',
    remedy: 'Aktivieren Sie den Benutzer: pveum user modify <user> --enable 1.',
  },
  token_missing: {
    message: 'In Proxmox VE gibt es dieses Token nicht: {token}.',
    remedy:
      'Korrigieren Sie die ID (user@realm!name), oder legen Sie das Token mit npm run proxmox:bootstrap an.',
  },
  token_expired: {
    message: 'Proxmox VE sagt, dass es abgelaufen ist: {token}.',
    remedy:
      'Geben Sie Benutzer und Token ein späteres Ende oder keines: pveum user token modify <user> <name> --expire 0.',
  },
  token_secret_wrong: {
    message: 'Proxmox VE sagt, dass sein Geheimnis ein anderes ist: {token}.',
    remedy:
      'Korrigieren Sie das Geheimnis; ein verlorenes ersetzt npm run proxmox:bootstrap -- --new-secret.',
  },
  token_refused: {
    message: 'Proxmox VE lehnt es ab ({reason}): {token}.',
    remedy:
      'Es sagt nicht, warum: Sehen Sie nach, ob es Benutzer und Token gibt, ob sie aktiviert und nicht abgelaufen sind (pveum user token list <user>) und ob das Geheimnis stimmt.',
  },
  version_too_old: {
    message: 'Auf dem Cluster läuft Proxmox VE {version}; Berth braucht {oldest} oder neuer.',
    remedy: 'Aktualisieren Sie den Cluster.',
  },
  version_unknown: {
    message: 'Auf dem Cluster läuft Proxmox VE {version}, das neuer ist, als diese Version von Berth kennt.',
    remedy:
      'Suchen Sie nach einem neueren Berth, oder probieren Sie zuerst auf einem Testcluster eine Bestellung aus.',
  },
  privilege_missing: {
    message: 'Dem Token fehlt {privilege} auf {path}.',
    remedy:
      "Geben Sie dem Benutzer und dem Token eine Rolle damit: pveum acl modify {path} --users {user} --tokens '{token}' --roles Berth",
  },
  storage_missing: {
    message: 'Das Token sieht keinen Speicher für Festplatten von VMs.',
    remedy:
      'Geben Sie ihm {privileges} auf dem Speicher, den Server verwenden sollen (/storage/<name>) und zu dessen Inhalt „images“ gehören muss.',
  },
  bridge_missing: {
    message: 'Das Token sieht keine Netzwerkbrücke, an die Server sollen.',
    remedy:
      'Geben Sie ihm {privileges} auf der Brücke ({path}) oder auf der Zone eines virtuellen Netzes (/sdn/zones/<zone>).',
  },
  node_offline: {
    message: 'Knoten {node} ist {status}.',
    remedy: 'Berth verwendet ihn, wenn er wieder da ist; dort wurde nichts geprüft.',
  },
  template_missing: {
    message: 'Keine Vorlage hat den Tag {tag}; noch lässt sich nichts bestellen.',
    remedy:
      'Machen Sie eine mit npm run proxmox:bootstrap, oder geben Sie einer vorhandenen Vorlage diesen Tag.',
  },
  rescue_iso_missing: {
    message: 'Das Rettungsmedium {volume} ist auf {nodes} nicht da oder nicht zu sehen.',
    remedy:
      'Laden Sie es auf diesen Knoten auf {storage} hoch (ISO Images), und geben Sie dem Token Datastore.Audit auf {path}.',
  },
  proxmox_error: {
    message: 'Proxmox VE hat einen Fehler: {reason}.',
    remedy:
      'Sehen Sie nach dem Cluster (pvecm status, journalctl -u pveproxy -u pvedaemon), und versuchen Sie es noch einmal.',
  },
};
