import type { CodeHelp, MigrationCode } from '../../../contract/migration-codes.ts';

const FIX_SOURCE = 'Korrigieren Sie es in WHMCS, und führen Sie die Migration noch einmal aus.';
const NOTHING = 'Nichts zu tun, wenn Sie das so wollen.';
const CHOOSE_ANEW = 'Wählen Sie die Option in WHMCS neu.';
const GOES_ON = 'Der Lauf geht von selbst weiter, sobald es geht.';
const HIGHER_LIMIT = 'Sehen Sie sie an, und setzen Sie dann mit einer höheren Grenze fort.';
const SET_RULE = 'Ordnen Sie es zu, oder lassen Sie es mit einem Grund weg.';

const help = (meaning: string, remedy: string): CodeHelp => ({ meaning, remedy });

/** A code that the mapping itself has named. */
export const OWN_CODE_DE = help('Die Zuordnung lässt Zeilen mit diesem Status weg.', NOTHING);

/** The codes of the contract in German. */
export const MIGRATION_CODES_DE: Record<MigrationCode, CodeHelp> = {
  account_without_owner: help(
    'Der Kunde hat keinen Benutzer, dem er gehört.',
    'Machen Sie in WHMCS einen Benutzer zum Eigentümer, und führen Sie die Migration noch einmal aus.',
  ),
  bad_amount: help('Der Betrag ist keine genaue Geldsumme.', FIX_SOURCE),
  bad_composite: help(
    'Ein Wert aus mehreren Teilen, etwa „2 vCPU & 4 GB“, hat sie nicht.',
    'Korrigieren Sie den Wert in WHMCS oder das Trennzeichen der Regel.',
  ),
  bad_email: help(
    'Die Adresse ist keine E-Mail-Adresse; ein Benutzer kann sich ohne sie nicht anmelden, ein Kunde zieht ohne sie um.',
    FIX_SOURCE,
  ),
  bad_flag: help(
    'Ein Wert ist weder ja noch nein.',
    'Korrigieren Sie den Wert, oder ordnen Sie die Option einem anderen Feld zu.',
  ),
  bad_number: help(
    'Ein Wert ist keine Zahl, die das Feld haben kann.',
    'Korrigieren Sie den Wert oder die Regel, die ihn liest.',
  ),
  conflicting_values: help(
    'Zwei Zeilen sagen Verschiedenes über denselben Wert.',
    'Entfernen Sie die falsche in WHMCS, oder lassen Sie eine von ihnen in der Zuordnung weg.',
  ),
  client_not_migrated: help(
    'Der Kunde des Dienstes wird nicht übernommen.',
    'Kümmern Sie sich zuerst um den Kunden; seine Dienste folgen.',
  ),
  closed_client: help('Der Kunde ist geschlossen.', NOTHING),
  email_duplicate: help(
    'Ein anderer Benutzer der Quelle meldet sich mit derselben Adresse an.',
    'Ändern Sie einen der beiden in WHMCS, oder führen Sie beide zusammen, und führen Sie die Migration noch einmal aus.',
  ),
  email_of_admin: help(
    'Ein Administrator von Berth hat diese Adresse; ein Kunde darf nicht dazu werden.',
    'Ändern Sie die Adresse des Benutzers oder die des Administrators.',
  ),
  empty_raw: help(
    'Ein Wert hat eine Beschriftung, aber nichts vor seinem senkrechten Strich.',
    'Bei einer Warnung: Prüfen Sie den Wert. Sonst schreiben Sie vor den Strich, was das Modul braucht.',
  ),
  missing_due_date: help(
    'Ein wiederkehrender Dienst hat keine nächste Fälligkeit.',
    'Setzen Sie das Datum in WHMCS, und führen Sie die Migration noch einmal aus.',
  ),
  missing_required: help(
    'Nichts sagt, wie groß der Server ist.',
    'Wählen Sie die Option in WHMCS, oder geben Sie dem Produkt in der Zuordnung eine Grundgröße.',
  ),
  option_value_mismatch: help('Der gewählte Wert gehört zu einer anderen Option.', CHOOSE_ANEW),
  orphan_client: help(
    'Den Kunden des Dienstes gibt es nicht.',
    'Weisen Sie den Dienst einem Kunden zu, oder löschen Sie ihn in WHMCS.',
  ),
  orphan_plan: help(
    'Das Produkt nennt einen Tarif, den sein Modul nicht hat.',
    'Wählen Sie in den Einstellungen des Produkts einen Tarif.',
  ),
  orphan_product: help(
    'Das Produkt des Dienstes gibt es nicht.',
    'Geben Sie dem Dienst in WHMCS ein anderes Produkt.',
  ),
  orphan_server: help(
    'Den Server des Dienstes gibt es nicht.',
    'Weisen Sie dem Dienst in WHMCS einen Server zu.',
  ),
  orphan_suboption: help('Den gewählten Wert einer Option gibt es nicht mehr.', CHOOSE_ANEW),
  out_of_range: help(
    'Eine Größe liegt außerhalb dessen, was die Zuordnung erlaubt.',
    'Korrigieren Sie sie oder min und max unter fields.',
  ),
  unreadable_row: help(
    'Eine Spalte enthält, was dort niemand erwartet hat; die Zeile wurde beiseitegelegt, und die anderen gingen weiter.',
    'Die Meldung nennt die Spalte: Korrigieren Sie die Zeile in WHMCS.',
  ),

  location_unmapped: help(
    'Der Standort steht nicht in der Zuordnung der Standorte.',
    'Fügen Sie ihn in der Zuordnung unter location hinzu.',
  ),
  os_unmapped: help(
    'Das Betriebssystem steht nicht in der Zuordnung; der Server zieht ohne es um.',
    'Fügen Sie es in der Zuordnung unter os hinzu, wenn Sie es behalten wollen.',
  ),
  unit_mismatch: help(
    'Ein Wert ist in etwas anderem gemessen als sein Feld, etwa eine Geschwindigkeit für eine Menge.',
    'Ordnen Sie die Option dem richtigen Feld zu.',
  ),
  unit_undeclared: help(
    'Eine Zahl hat keine Einheit, und ihre Regel nennt keine; geraten wird nichts.',
    'Fügen Sie der Regel unit hinzu.',
  ),
  unknown_currency: help('Die Währung des Kunden gibt es nicht.', FIX_SOURCE),
  unknown_cycle: help(
    'Den Abrechnungszeitraum kennt Berth nicht.',
    'Sagen Sie unter cycles, welcher es ist.',
  ),
  unknown_status: help(
    'Der Status steht nicht in der Zuordnung.',
    'Sagen Sie unter statuses, was daraus wird.',
  ),
  unmapped_addon: help('Es gibt keine Regel für ein Addon.', SET_RULE),
  unmapped_field: help('Es gibt keine Regel für ein eigenes Feld.', SET_RULE),
  unmapped_option: help('Es gibt keine Regel für eine wählbare Option.', SET_RULE),
  unmapped_product: help(
    'Das Produkt steht nicht in der Zuordnung.',
    'Fügen Sie es unter products hinzu, oder lassen Sie es weg.',
  ),
  unmapped_server: help('Der Server ist keinem Cluster zugeordnet.', 'Fügen Sie ihn unter servers hinzu.'),

  vm_ambiguous: help(
    'Mehrere VMs könnten es sein, und nichts entscheidet.',
    'Schreiben Sie in WHMCS die VM-ID in das Feld oder die Zeile des Moduls, und weisen Sie dem Dienst einen Server zu.',
  ),
  vm_claimed_twice: help(
    'Zwei Dienste beanspruchen dieselbe VM.',
    'Stellen Sie fest, wem sie gehört, korrigieren Sie den anderen, und führen Sie die Migration noch einmal aus.',
  ),
  vm_is_template: help('Die genannte VM ist eine Vorlage.', 'Korrigieren Sie die VM-ID in WHMCS.'),
  vm_kind_mismatch: help(
    'WHMCS sagt VM und Proxmox sagt Container, oder umgekehrt.',
    'Korrigieren Sie die VM-ID oder die Art in der Zeile des Moduls.',
  ),
  vm_kind_unsupported: help(
    'Es ist ein Container; Berth betreibt nur virtuelle Maschinen.',
    'Lassen Sie ihn, wo er ist, oder machen Sie eine VM daraus.',
  ),
  vm_not_found: help(
    'Keine VM eines zugeordneten Clusters ist die, die der Dienst nennt.',
    'Beenden Sie den Dienst, wenn die VM weg ist, oder korrigieren Sie seine VM-ID oder seinen Server in WHMCS.',
  ),
  vm_taken: help(
    'Ein anderer Server von Berth hat die VM.',
    'Korrigieren Sie die VM-ID in WHMCS, oder löschen Sie jenen Server.',
  ),
  vmid_invalid: help(
    'Was eine VM-ID sein soll, ist keine: eine Zahl ab 100.',
    'Korrigieren Sie sie in WHMCS.',
  ),

  bad_mac: help(
    'Der Text eines Feldes, das macAddress zugeordnet ist, ist keine MAC-Adresse; er wird nicht beachtet.',
    'Nichts, außer die VM wird nicht gefunden.',
  ),
  bad_hostname: help(
    'Der Hostname ist keiner; der Server zieht ohne ihn um.',
    'Der Kunde kann einen anderen setzen.',
  ),
  bad_ip: help(
    'Etwas unter den Adressen ist keine; es wird weggelassen.',
    'Prüfen Sie die Adressen des Servers.',
  ),
  cancel_requested: help(
    'Der Kunde hat gekündigt.',
    'Kündigen Sie den Server in Berth, wenn es so weit ist.',
  ),
  deleted_in_berth: help(
    'Der Server wurde seither in Berth gelöscht und bleibt gelöscht.',
    'Beenden Sie den Dienst in WHMCS.',
  ),
  duplicate_option: help('Mehrere Optionen sagen dasselbe.', 'Nichts zu tun.'),
  hostname_missing: help('Der Dienst hat keinen Hostnamen.', 'Der Kunde kann einen setzen.'),
  module_queue_pending: help(
    'WHMCS muss eine Aktion noch einmal versuchen.',
    'Erledigen Sie sie, bevor WHMCS abgeschaltet wird.',
  ),
  multi_pipe: help(
    'Ein Wert hat mehrere senkrechte Striche; der erste wurde genommen.',
    'Prüfen Sie den Wert einmal.',
  ),
  multiple_owners: help('Mehreren Benutzern gehört der Kunde; alle bleiben Eigentümer.', NOTHING),
  negative_amount: help(
    'Der Betrag ist kleiner als null.',
    'Prüfen Sie, ob es ein Rabatt ist, der weitergelten soll.',
  ),
  orphan_field: help(
    'Ein Wert eines eigenen Feldes, das es nicht gibt, wurde weggelassen.',
    'Nichts zu tun.',
  ),
  orphan_option: help('Eine Auswahl einer Option, die es nicht gibt, wurde weggelassen.', 'Nichts zu tun.'),
  pending_upgrade: help(
    'In WHMCS steht eine Umstellung aus und ginge verloren.',
    'Erledigen Sie sie in WHMCS, und führen Sie die Migration noch einmal aus.',
  ),
  qty_above_one: help('Ein Dienst wird mehrfach berechnet.', 'Prüfen Sie, ob mehrere Server gemeint sind.'),
  raw_label_disagree: help(
    'Wert und Beschriftung einer Option widersprechen sich; der Wert wurde genommen, weil die VM damit gemacht wurde.',
    'Prüfen Sie, was verkauft wurde.',
  ),
  spec_drift: help(
    'Die VM hat andere Kerne oder anderen Arbeitsspeicher, als verkauft wurden.',
    'Ändern Sie ihre Größe in Berth, oder korrigieren Sie die Optionen in WHMCS.',
  ),
  vm_name_foreign: help(
    'Die VM heißt nach einem anderen Dienst.',
    'Prüfen Sie, wem sie gehört, bevor Kunden Berth verwenden, und benennen Sie sie um.',
  ),
  vm_stopped: help(
    'Der Dienst ist aktiv, aber seine VM läuft nicht.',
    'Starten Sie sie, oder fragen Sie den Kunden.',
  ),

  cancelled: help('Der Dienst ist gekündigt.', NOTHING),
  fraud: help('Der Dienst ist als Betrug gekennzeichnet.', NOTHING),
  no_account: help('Der Benutzer darf in kein Konto, das übernommen wird.', NOTHING),
  not_vps: help('Die Zuordnung lässt das Produkt weg.', NOTHING),
  pending: help(
    'Der Dienst wurde bestellt und nie geliefert.',
    'Liefern Sie ihn zuerst in WHMCS, oder bestellen Sie ihn in Berth.',
  ),
  terminated: help(
    'Der Dienst ist zu Ende.',
    'Wenn seine VM noch da ist (ein Zombie, siehe unten), löschen Sie sie von Hand.',
  ),

  cluster_unknown: help(
    'Die Zuordnung nennt einen Cluster, den Berth nicht kennt.',
    'Fügen Sie den Cluster in Berth hinzu, und setzen Sie fort; oder brechen Sie ab, korrigieren Sie die Zuordnung und planen Sie neu.',
  ),
  cluster_unreachable: help(
    'Ein Cluster lässt sich nicht ganz lesen.',
    'Machen Sie ihn erreichbar; der Lauf geht von selbst weiter.',
  ),
  internal_error: help(
    'Etwas, das niemand erwartet hat; die Meldung ist alles, was bekannt ist.',
    'Sehen Sie in das Protokoll des Workers. Setzen Sie einmal fort; kommt es wieder, melden Sie es.',
  ),
  load_refused: help(
    'PostgreSQL lehnte die Zeile ab.',
    'Die Meldung sagt, warum: Korrigieren Sie es in WHMCS, und führen Sie die Migration noch einmal aus.',
  ),
  not_started: help(
    'Temporal nahm den Lauf nicht auf.',
    'Es wurde nichts getan: Führen Sie die Migration noch einmal aus.',
  ),
  range_missing: help('Der Lauf wurde inzwischen neu vorbereitet.', 'Nichts zu tun: Der neuere geht weiter.'),
  source_bad_url: help('Die URL der Quelle ist keine.', 'Korrigieren Sie sie, und beginnen Sie noch einmal.'),
  source_damaged: help(
    'Eine Tabelle der Quelle wurde beschädigt, als ihr Server abstürzte.',
    'Öffnen Sie sie in WHMCS, oder reparieren Sie sie; der Lauf geht von selbst weiter.',
  ),
  source_query: help(
    'Die Quelle konnte nicht antworten.',
    'Die Meldung sagt, warum; setzen Sie fort, wenn sie es kann.',
  ),
  run_over: help(
    'Der Lauf wurde beendet, während ein Worker daran war.',
    'Nichts zu tun: Was jener Worker nicht geschrieben hatte, ist nicht geschrieben.',
  ),
  source_refused: help(
    'Die Quelle lehnt die Anmeldung ab.',
    'Korrigieren Sie die Anmeldung, und setzen Sie fort.',
  ),
  source_row: help(
    'Eine Zeile der Quelle lässt sich nicht lesen.',
    'Die Meldung nennt die Spalte: Korrigieren Sie sie in WHMCS.',
  ),
  source_schema: help(
    'Der Quelle fehlt, was Berth liest.',
    'Prüfen Sie, ob es die Datenbank von WHMCS 8 ist.',
  ),
  source_secret_dropped: help(
    'Die Anmeldung der Quelle ist nicht mehr aufbewahrt.',
    'Beginnen Sie einen neuen Lauf.',
  ),
  source_unreachable: help('Die Quelle ist nicht erreichbar.', GOES_ON),
  target_disk_full: help('PostgreSQL hat keinen Platz mehr.', 'Geben Sie ihm mehr, und setzen Sie fort.'),
  target_unreachable: help('Das PostgreSQL von Berth antwortet nicht.', GOES_ON),
  too_many_errors: help('Mehr Zeilen lassen sich nicht lesen, als der Lauf hinnimmt.', HIGHER_LIMIT),
  worker_lost: help(
    'Der Worker antwortete mitten in der Arbeit nicht mehr.',
    'Der Lauf geht von selbst weiter, sobald einer antwortet. Sehen Sie nach, ob einer läuft.',
  ),
  too_many_quarantined: help('Mehr Zeilen sind in Quarantäne, als der Lauf hinnimmt.', HIGHER_LIMIT),
};
