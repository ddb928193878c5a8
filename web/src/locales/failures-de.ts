import type { FailureExplanation } from '../../../contract/failures.ts';
import type { FailureCode } from '../../../contract/problem.ts';

const AGAIN = 'Versuchen Sie es in ein paar Minuten noch einmal.';

/** `FAILURES` of the contract in German. */
export const FAILURES_DE: Record<FailureCode, FailureExplanation> = {
  no_capacity: {
    title: 'Kein Knoten hat Platz',
    cause:
      'Kein Knoten des Clusters mit der Vorlage hat genug freien Arbeitsspeicher oder Festplattenplatz für diesen Tarif.',
    nextStep:
      'Wählen Sie einen kleineren Tarif, oder versuchen Sie es später: Platz entsteht, wenn Server gelöscht werden oder Knoten dazukommen.',
    remedy:
      'Fügen Sie Arbeitsspeicher oder einen Knoten hinzu, machen Sie welchen frei, oder legen Sie die Vorlage auf die Knoten mit Platz.',
  },
  no_address_left: {
    title: 'Keine Adresse ist frei',
    cause: 'Jede IP-Adresse des Pools gehört zu einem Server.',
    nextStep:
      'Bitten Sie Ihren Anbieter um Adressen, oder löschen Sie einen Server, den Sie nicht mehr brauchen, und versuchen Sie es dann noch einmal.',
    remedy: 'Fügen Sie mit `pool:create` Adressen hinzu.',
  },
  no_vmid_left: {
    title: 'Keine VM-ID ist frei',
    cause: 'Jede VM-ID des Bereichs, der für diesen Cluster bestimmt ist, ist vergeben.',
    nextStep: 'Bitten Sie Ihren Anbieter, den Bereich zu erweitern; versuchen Sie es dann noch einmal.',
    remedy: 'Erweitern Sie den Bereich des Clusters: `vmid_min` und `vmid_max` von `clusters`.',
  },
  template_missing: {
    title: 'Die Vorlage fehlt',
    cause: 'Die Vorlage ist nicht mehr auf dem Cluster, oder keine Vorlage mehr.',
    nextStep:
      'Erstellen Sie den Server aus einer anderen Vorlage, und sagen Sie Ihrem Anbieter, welche fehlt.',
    remedy: 'Erstellen Sie die Vorlage mit `proxmox:bootstrap` neu, oder nehmen Sie sie von der Liste.',
  },
  template_in_use: {
    title: 'Die Vorlage wird gebraucht',
    cause: 'Es gibt verknüpfte Kopien dieser Vorlage, und deren Festplatten brauchen sie.',
    nextStep: 'Ihr Anbieter muss die Kopien zuerst löschen oder ablösen.',
    remedy: 'Löschen Sie die verknüpften VMs, oder verschieben Sie deren Festplatten auf eigene Kopien.',
  },
  vm_gone: {
    title: 'Die VM ist weg',
    cause: 'Die VM dieses Servers gibt es in Proxmox VE nicht mehr: Jemand hat sie dort gelöscht.',
    nextStep:
      'Ihre Festplatten lassen sich von hier nicht zurückholen. Löschen Sie den Server, um seine Adressen freizugeben, oder bitten Sie Ihren Anbieter um eine Sicherung.',
    remedy:
      'Stellen Sie sie unter derselben VM-ID aus einer Sicherung wieder her, oder löschen Sie den Server.',
  },
  vm_not_ours: {
    title: 'Die VM gehört zu etwas anderem',
    cause:
      'Es gibt eine VM mit dieser ID, aber ohne das Kennzeichen dieses Servers; sie wurde nicht angerührt.',
    nextStep: 'Bitten Sie Ihren Anbieter, sich die VM anzusehen, bevor etwas anderes geschieht.',
    remedy:
      'Gehört die VM zum Server, schreiben Sie `berth:<server id>` wieder in ihre Beschreibung; wenn nicht, geben Sie jener VM eine andere ID.',
  },
  vm_locked: {
    title: 'Die VM ist belegt',
    cause: 'Eine andere Aufgabe in Proxmox VE, etwa eine Sicherung oder ein Umzug, hielt die VM zu lange.',
    nextStep: `${AGAIN} Bleibt es so, muss sich Ihr Anbieter die Aufgabe ansehen, die sie hält.`,
    remedy:
      'Sehen Sie sich die Aufgabe an, die sie hält. Gibt es keine, ist die Sperre übrig geblieben: `qm unlock <VM id>` auf dem Knoten, als root.',
  },
  vm_protected: {
    title: 'Die VM ist geschützt',
    cause: 'In Proxmox VE ist für diese VM der Schutz eingeschaltet; sie blieb, wie sie ist.',
    nextStep: 'Bitten Sie Ihren Anbieter, den Schutz auszuschalten; versuchen Sie es dann noch einmal.',
    remedy: 'Schalten Sie ihn in Proxmox aus (VM → Options → Protection), und versuchen Sie es noch einmal.',
  },
  vm_running: {
    title: 'Die VM läuft',
    cause: 'Das geht nur, während die VM aus ist, und sie lief.',
    nextStep: 'Schalten Sie den Server aus, und versuchen Sie es dann noch einmal.',
    remedy: 'Finden Sie heraus, wer sie startet (HA, ein anderes Werkzeug, `onboot`), und halten Sie sie an.',
  },
  vm_not_running: {
    title: 'Die VM läuft nicht',
    cause: 'Das geht nur, während die VM läuft, und sie war aus.',
    nextStep: 'Starten Sie den Server, und versuchen Sie es dann noch einmal.',
    remedy: 'Starten Sie sie, und versuchen Sie es dann noch einmal.',
  },
  vm_is_template: {
    title: 'Die VM ist eine Vorlage',
    cause: 'Eine Vorlage kann nicht gestartet und nicht als Snapshot aufbewahrt werden.',
    nextStep: 'Bitten Sie Ihren Anbieter, sich die VM anzusehen.',
    remedy:
      'Jemand hat die VM in eine Vorlage verwandelt. Kopieren Sie sie, und geben Sie der Kopie VM-ID und Kennzeichen des Servers.',
  },
  vmid_taken: {
    title: 'Die VM-ID wurde vergeben',
    cause: 'Eine andere VM oder ein Container nahm die ID, die für diesen Server bestimmt war.',
    nextStep: 'Versuchen Sie es noch einmal: Der nächste Versuch bekommt eine andere ID.',
    remedy: 'Lassen Sie den ID-Bereich des Clusters Berth allein.',
  },
  proxmox_rejected: {
    title: 'Proxmox VE lehnte die Änderung ab',
    cause: 'Proxmox VE fand an der Anfrage etwas falsch. Die eigenen Worte stehen unten.',
    nextStep: 'Ein neuer Versuch endet genauso: Senden Sie Ihrem Anbieter die Ursache und die Vorgangs-ID.',
    remedy:
      'Lesen Sie, was Proxmox sagte. Es ist eine Einstellung des Clusters, eine Version, die Berth nicht kennt, oder ein Fehler von Berth.',
  },
  proxmox_unreachable: {
    title: 'Proxmox VE antwortete nicht',
    cause: 'Der Cluster oder der Knoten dieses Servers war zu lange nicht erreichbar.',
    nextStep: `${AGAIN} Ihr Server kann durchaus laufen: Nur die Verwaltung ist weg.`,
    remedy:
      'Sehen Sie nach dem Knoten: Strom, Netz, `systemctl status pveproxy`. Antwortet er wieder, muss nichts wiederholt werden.',
  },
  proxmox_busy: {
    title: 'Proxmox VE war zu beschäftigt',
    cause: 'Proxmox VE schaffte das nicht in der Zeit, die es sich gibt, weil andere Arbeit es aufhielt.',
    nextStep: AGAIN,
    remedy: 'Sehen Sie nach den laufenden Aufgaben und nach der Last von Knoten und Speicher.',
  },
  proxmox_bad_answer: {
    title: 'Proxmox VE gab eine Antwort ohne Sinn',
    cause: 'So antwortet Proxmox VE nicht. Etwas dazwischen kann sie verändert haben.',
    nextStep: 'Senden Sie Ihrem Anbieter die Vorgangs-ID.',
    remedy:
      'Sehen Sie nach Proxys zwischen Berth und dem Knoten; sie dürfen Antworten nicht ändern. Vergleichen Sie dann die Version von Proxmox mit denen, die Berth unterstützt.',
  },
  proxmox_auth_failed: {
    title: 'Proxmox VE lehnte die Zugangsdaten ab',
    cause:
      'Das Token zur Verwaltung des Clusters wurde widerrufen, ist abgelaufen, oder ihm fehlt ein Recht.',
    nextStep: 'Ihr Anbieter muss das Token erneuern; versuchen Sie es dann noch einmal.',
    remedy:
      '`proxmox:bootstrap -- --check` nennt, was fehlt. Geben Sie dem Token das Recht, oder setzen Sie mit `cluster:add` ein neues.',
  },
  proxmox_untrusted: {
    title: 'Dem Zertifikat von Proxmox VE wird nicht vertraut',
    cause:
      'Der Knoten zeigte ein anderes Zertifikat als das, dem Berth vertrauen soll; ihm wurde nichts gesendet.',
    nextStep: 'Ihr Anbieter muss sich das Zertifikat ansehen; versuchen Sie es dann noch einmal.',
    remedy:
      'Vergleichen Sie es mit `pvenode cert info` auf dem Knoten. Wurde es erneuert, setzen Sie mit `cluster:add` den neuen Fingerabdruck oder die CA; wenn nicht, steht jemand dazwischen.',
  },
  no_quorum: {
    title: 'Der Cluster hat kein Quorum',
    cause:
      'Zu wenige Knoten des Clusters sehen einander, deshalb erlaubt Proxmox VE keine Änderungen. Was läuft, läuft weiter.',
    nextStep: `${AGAIN} Ihr Anbieter muss Knoten zurückbringen.`,
    remedy:
      '`pvecm status` auf einem Knoten; bringen Sie die fehlenden Knoten oder das Netz zwischen ihnen zurück.',
  },
  node_missing: {
    title: 'Der Knoten ist nicht im Cluster',
    cause: 'Der Knoten, für den das bestimmt war, gehört nicht mehr zum Cluster.',
    nextStep: 'Senden Sie Ihrem Anbieter die Vorgangs-ID.',
    remedy: 'Wählen Sie einen anderen Knoten. Ein Knoten, der den Cluster verlassen hat, muss von der Liste.',
  },
  network_missing: {
    title: 'Das Netz fehlt',
    cause: 'Der Knoten hat die Netzwerkbrücke nicht, an die dieser Server soll.',
    nextStep: 'Ihr Anbieter muss das Netz einrichten; versuchen Sie es dann noch einmal.',
    remedy: 'Legen Sie die Brücke auf dem Knoten an, mit dem Namen, den der Adresspool nennt.',
  },
  storage_full: {
    title: 'Der Speicher ist voll',
    cause: 'Der Speicher hatte keinen Platz mehr für die Festplatte dieses Servers.',
    nextStep:
      'Versuchen Sie es später, oder wählen Sie einen Tarif mit kleinerer Festplatte. Ihr Anbieter muss Platz schaffen.',
    remedy:
      'Schaffen Sie Platz. Thin-Pools sind voll, bevor ihre Volumes es sind: Sehen Sie nach Daten und Metadaten.',
  },
  storage_unavailable: {
    title: 'Der Speicher ist nicht verwendbar',
    cause:
      'Der Speicher ist offline, deaktiviert, nicht auf diesem Knoten oder nicht für diese Art Inhalt bestimmt.',
    nextStep: `${AGAIN} Bleibt es so, muss Ihr Anbieter nach dem Speicher sehen.`,
    remedy:
      'Sehen Sie nach dem Speicher auf jenem Knoten: `pvesm status`, seine Knoten und seine Inhaltsarten.',
  },
  volume_missing: {
    title: 'Eine Festplatte oder ein Abbild fehlt',
    cause: 'Eine Festplatte dieser VM oder ein Abbild, das sie verwendet, ist nicht mehr auf dem Speicher.',
    nextStep: 'Ihr Anbieter muss es wiederherstellen oder aus der VM entfernen.',
    remedy: 'Stellen Sie das Volume wieder her, oder lösen Sie es von der VM (Hardware).',
  },
  disk_shrink: {
    title: 'Eine Festplatte lässt sich nicht verkleinern',
    cause: 'Festplatten können nur wachsen, und diese ist größer als das Gewünschte.',
    nextStep: 'Wählen Sie einen Tarif mit einer mindestens so großen Festplatte wie der jetzigen.',
    remedy: 'Bringen Sie die Daten auf einen neuen, kleineren Server.',
  },
  clone_unsupported: {
    title: 'Der Speicher kann diese Kopie nicht anlegen',
    cause:
      'Der Speicher der Vorlage kann keine verknüpften Kopien, oder der gewählte Knoten erreicht ihn nicht.',
    nextStep:
      'Erstellen Sie den Server aus einer anderen Vorlage, und senden Sie Ihrem Anbieter die Vorgangs-ID.',
    remedy:
      'Setzen Sie `clone_mode` der Vorlage auf `full`, oder legen Sie die Vorlage auf jeden Knoten oder auf einen Speicher mit Snapshots.',
  },
  snapshot_exists: {
    title: 'Diesen Snapshot gibt es schon',
    cause: 'Diese VM hat einen Snapshot dieses Namens.',
    nextStep: 'Wählen Sie einen anderen Namen, oder löschen Sie zuerst den alten Snapshot.',
    remedy: 'Wählen Sie einen anderen Namen, oder löschen Sie zuerst den alten Snapshot.',
  },
  snapshot_missing: {
    title: 'Der Snapshot ist weg',
    cause: 'Diese VM hat keinen Snapshot dieses Namens mehr.',
    nextStep: 'Wählen Sie einen anderen Snapshot.',
    remedy: 'Wählen Sie einen anderen Snapshot.',
  },
  snapshot_refused: {
    title: 'Snapshots erlauben das nicht',
    cause:
      'Der Speicher kann keine Snapshots, nur zum neuesten zurück, oder ein vorhandener Snapshot ist im Weg.',
    nextStep: 'Löschen Sie die Snapshots, die im Weg sind, oder fragen Sie Ihren Anbieter.',
    remedy:
      'Löschen Sie die Snapshots, die im Weg sind, oder bringen Sie die Festplatten auf einen Speicher mit Snapshots.',
  },
  migration_blocked: {
    title: 'Die VM kann nicht umziehen',
    cause:
      'Etwas bindet die VM an ihren Knoten: eine lokale Festplatte oder ein Gerät, ein eingelegtes Abbild, oder dass sie läuft.',
    nextStep: 'Ihr Anbieter muss entfernen, was sie bindet; die VM läuft weiter wie bisher.',
    remedy:
      'Was sie bindet, ist genannt. Lösen Sie Gerät oder Abbild, erlauben Sie das Kopieren lokaler Festplatten, oder ziehen Sie sie ausgeschaltet um.',
  },
  ha_refused: {
    title: 'Die Hochverfügbarkeit erlaubt das nicht',
    cause: 'Die Hochverfügbarkeit von Proxmox VE verwaltet die VM und ließ keine Änderung zu.',
    nextStep: 'Bitten Sie Ihren Anbieter, sich die VM anzusehen.',
    remedy:
      '`ha-manager status` auf einem Knoten. Ein Dienst im Zustand `error` muss deaktiviert, repariert und wieder aktiviert werden.',
  },
  config_changed: {
    title: 'Die VM wurde zur selben Zeit geändert',
    cause: 'Jemand anders änderte die VM zwischen dem Lesen und Schreiben ihrer Konfiguration.',
    nextStep: 'Versuchen Sie es noch einmal.',
    remedy: 'Finden Sie heraus, welches andere Werkzeug diese VM ändert.',
  },
  hotplug_pending: {
    title: 'Die Änderung braucht einen Neustart',
    cause:
      'Die laufende VM nahm die Änderung nicht an. Sie ist gemerkt und gilt, wenn die VM aus- und wieder eingeschaltet wird.',
    nextStep: 'Starten Sie den Server von hier neu.',
    remedy: 'Schalten Sie die VM aus und wieder ein. Ein Neustart von innen reicht nicht.',
  },
  task_failed: {
    title: 'Die Aufgabe schlug in Proxmox VE fehl',
    cause: 'Proxmox VE begann die Arbeit und beendete sie mit einem Fehler. Die eigenen Worte stehen unten.',
    nextStep:
      'Versuchen Sie es noch einmal. Schlägt es wieder fehl, senden Sie Ihrem Anbieter die Ursache und die Vorgangs-ID.',
    remedy:
      'Lesen Sie das Protokoll der Aufgabe in Proxmox, beheben Sie die Ursache, und versuchen Sie es noch einmal.',
  },
  task_interrupted: {
    title: 'Die Aufgabe wurde unterbrochen',
    cause: 'Die Aufgabe wurde in Proxmox VE angehalten, oder der Knoten startete währenddessen neu.',
    nextStep: 'Versuchen Sie es noch einmal.',
    remedy:
      'Sehen Sie nach dem Knoten: Startete er neu? Eine VM, die gerade gebaut wurde, kann belegt geblieben sein: `qm unlock <VM id>`, als root.',
  },
  agent_not_configured: {
    title: 'Die VM hat keinen Gast-Agenten',
    cause: 'Das braucht den Gast-Agenten, der für diese VM ausgeschaltet ist.',
    nextStep: 'Bitten Sie Ihren Anbieter, ihn einzuschalten.',
    remedy:
      'Schalten Sie ihn ein (VM → Options → QEMU Guest Agent), und schalten Sie die VM dann aus und wieder ein.',
  },
  agent_not_running: {
    title: 'Der Gast-Agent antwortet nicht',
    cause: 'Das braucht den Gast-Agenten im System, und er antwortete nicht.',
    nextStep:
      'Starten Sie ihn darin (`systemctl start qemu-guest-agent`) oder den Server neu, und versuchen Sie es noch einmal. Ein Passwort lässt sich auch ohne ihn setzen, wenn Sie einen Neustart erlauben.',
    remedy:
      'Installieren und starten Sie `qemu-guest-agent` darin; das System kann auch noch starten oder hängen.',
  },
  agent_error: {
    title: 'Das System darin lehnte ab',
    cause:
      'Der Gast-Agent gab die Anfrage weiter, und das System darin lehnte sie ab. Die eigenen Worte stehen unten.',
    nextStep: 'Korrigieren Sie, was es nennt, und versuchen Sie es noch einmal.',
    remedy: 'Korrigieren Sie im System, was es nennt, und versuchen Sie es noch einmal.',
  },
  guest_did_not_shut_down: {
    title: 'Das System darin fuhr nicht herunter',
    cause: 'Das Betriebssystem wurde gebeten, herunterzufahren, und lief noch, als seine Zeit um war.',
    nextStep:
      'Melden Sie sich an und fahren Sie es von innen herunter, oder schalten Sie es aus, was dem Ziehen des Steckers gleicht.',
    remedy: 'Schalten Sie sie aus, oder sehen Sie auf der Konsole nach, was es aufhält.',
  },
  guest_not_ready: {
    title: 'Das System darin antwortete nicht',
    cause: 'Die VM läuft, aber weder ihr Gast-Agent noch ihre Adresse antwortete rechtzeitig.',
    nextStep: 'Prüfen Sie Ihre User-Data auf Fehler; löschen Sie den Server dann, und erstellen Sie ihn neu.',
    remedy:
      'Sehen Sie auf die Konsole: Startet sie, hat sie eine Adresse, läuft ihr Agent? Probieren Sie die Vorlage von Hand.',
  },
  vm_changed: {
    title: 'Die VM hat sich geändert',
    cause: 'Die VM ist nicht mehr so, wie sie war, als ihre Übernahme gezeigt wurde.',
    nextStep: 'Bitten Sie Ihren Anbieter, noch einmal anzusehen, was sich ändern würde.',
    remedy: 'Sehen Sie noch einmal an, was sich ändern würde, und übernehmen Sie sie dann.',
  },
  cancelled: {
    title: 'Abgebrochen',
    cause: 'Jemand brach diesen Vorgang ab, bevor er fertig war.',
    nextStep:
      'Was getan war, wurde rückgängig gemacht oder sicher beendet; Sie können es einfach noch einmal tun.',
    remedy: 'Nichts.',
  },
  workflow_lost: {
    title: 'Der Vorgang ging verloren',
    cause: 'Der Prozess, der ihn ausführte, endete ohne Ergebnis; wie weit er kam, ist nicht sicher.',
    nextStep: 'Sehen Sie auf den Status oben: Er kommt von Proxmox VE. Tun Sie dann noch einmal, was fehlt.',
    remedy: 'Löschen Sie den Server, wenn er nichts nützt: Das räumt aus jedem Zustand auf.',
  },
  internal_error: {
    title: 'In Berth ist etwas kaputtgegangen',
    cause: 'Das ist ein Fehler von Berth, nicht von Ihrem Server oder dem, was Sie wollten.',
    nextStep:
      'Versuchen Sie es noch einmal. Schlägt es wieder fehl, senden Sie Ihrem Anbieter die Vorgangs-ID.',
    remedy: 'Suchen Sie die Vorgangs-ID im Protokoll des Workers, und melden Sie sie.',
  },
};
