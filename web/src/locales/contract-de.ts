import type { FailureExplanation } from '../../../contract/failures.ts';
import type {
  ENDED,
  OPERATIONS,
  OperationType,
  UNDO_EFFECTS,
  UNDO_STEP,
} from '../../../contract/operation-table.ts';
import type { FailureCode, ProblemCode } from '../../../contract/problem.ts';
import type { ConnectionText } from '../../../contract/connection-texts.ts';
import type { CodeHelp, MigrationCode } from '../../../contract/migration-codes.ts';
import type { NameCode, SayingCode } from '../../../contract/sayings.ts';
import { FAILURES_DE } from './failures-de.ts';
import { CONNECTION_DE, type FindingWords } from './connection-de.ts';
import { FIELD_SAYINGS_DE } from './field-sayings-de.ts';
import { MIGRATION_CODES_DE, OWN_CODE_DE } from './migration-codes-de.ts';
import { PROBLEM_SAYINGS_DE } from './problem-sayings-de.ts';
import { SAYINGS_DE } from './sayings-de.ts';

type Definition = (typeof OPERATIONS)[OperationType];
type Step = Definition['steps'][number];
/** What cancelling and decisions do. */
type Effect =
  | Definition['cancel']
  | NonNullable<Definition['rollBack']>
  | Extract<Step, { skip: string }>['skip']
  | Extract<Step, { noReturn: string }>['noReturn']
  | typeof ENDED
  | (typeof UNDO_EFFECTS)[keyof typeof UNDO_EFFECTS];
type StepTitle = (typeof OPERATIONS)[OperationType]['steps'][number]['title'] | (typeof UNDO_STEP)['title'];

/** What the API says in English, by its codes, in another language. Complete by type. */
export interface ContractTexts {
  operations: Record<OperationType, { name: string; ongoing: string }>;
  steps: Record<StepTitle, string>;
  effects: Record<Effect, string>;
  triedAgain: (step: string) => string;
  sayings: Record<Exclude<SayingCode, NameCode>, string>;
  connection: Record<ConnectionText, FindingWords>;
  migrationCodes: Record<MigrationCode, CodeHelp>;
  /** For one that the mapping has named. */
  ownMigrationCode: CodeHelp;
  /** For those within texts. */
  numbers: Intl.NumberFormat;
  failures: Record<FailureCode, FailureExplanation>;
  problems: Record<ProblemCode, string>;
}

export const contract: ContractTexts = {
  operations: {
    provision: { name: 'Erstellen', ongoing: 'Wird erstellt' },
    start: { name: 'Starten', ongoing: 'Startet' },
    shutdown: { name: 'Herunterfahren', ongoing: 'Fährt herunter' },
    stop: { name: 'Ausschalten', ongoing: 'Wird ausgeschaltet' },
    reboot: { name: 'Neu starten', ongoing: 'Startet neu' },
    reset: { name: 'Hart zurücksetzen', ongoing: 'Wird zurückgesetzt' },
    resize: { name: 'Tarif wechseln', ongoing: 'Wechselt den Tarif' },
    rebuild: { name: 'Neu aufsetzen', ongoing: 'Wird neu aufgesetzt' },
    suspend: { name: 'Sperren', ongoing: 'Wird gesperrt' },
    unsuspend: { name: 'Sperre aufheben', ongoing: 'Sperre wird aufgehoben' },
    rescue: { name: 'Rettungssystem starten', ongoing: 'Startet das Rettungssystem' },
    leave_rescue: { name: 'Rettungssystem verlassen', ongoing: 'Verlässt das Rettungssystem' },
    reset_password: { name: 'Passwort zurücksetzen', ongoing: 'Setzt das Passwort zurück' },
    adopt: { name: 'Eine VM übernehmen', ongoing: 'Wird übernommen' },
    migrate: { name: 'Auf anderen Knoten umziehen', ongoing: 'Zieht um' },
    terminate: { name: 'Löschen', ongoing: 'Wird gelöscht' },
  },
  steps: {
    'Ask the guest agent to set it': 'Den Gast-Agenten darum bitten',
    'Check room on the node': 'Platz auf dem Knoten prüfen',
    'Check template and room': 'Vorlage und Platz prüfen',
    'Check what could be in the way': 'Prüfen, was im Weg sein könnte',
    'Choose a node': 'Einen Knoten wählen',
    'Compare the VM with what was shown': 'Die VM mit dem Gezeigten vergleichen',
    'Configure the VM': 'Die VM einrichten',
    'Copy the template': 'Die Vorlage kopieren',
    'Delete VM and disks': 'VM und Festplatten löschen',
    'Erase the old disk': 'Die alte Festplatte löschen',
    'Grow the disk': 'Die Festplatte vergrößern',
    'Hand it to cloud-init': 'An cloud-init übergeben',
    'Insert the rescue medium': 'Das Rettungsmedium einlegen',
    'Keep it from starting with its node': 'Start mit dem Knoten verhindern',
    'Let it start with its node': 'Start mit dem Knoten erlauben',
    'Make sure it runs there': 'Prüfen, dass sie dort läuft',
    'Mark the VM as managed': 'Die VM als verwaltet kennzeichnen',
    'Move the VM': 'Die VM umziehen',
    'Power off': 'Ausschalten',
    Reboot: 'Neu starten',
    'Reboot, so that cloud-init sets it': 'Neu starten, damit cloud-init es setzt',
    'Release VM id and addresses': 'VM-ID und Adressen freigeben',
    'Reserve VM id and addresses': 'VM-ID und Adressen reservieren',
    Reset: 'Hart zurücksetzen',
    'Restart from it': 'Davon neu starten',
    'Restart from its disk': 'Von der eigenen Festplatte neu starten',
    'Set processors and memory': 'Prozessoren und Arbeitsspeicher setzen',
    'Shut down': 'Herunterfahren',
    'Shut down, or power off': 'Herunterfahren oder ausschalten',
    Start: 'Starten',
    'Start it, if it ran before': 'Starten, falls sie vorher lief',
    'Take out the rescue medium': 'Das Rettungsmedium entfernen',
    'Undo what was done': 'Getanes rückgängig machen',
    'Wait until it answers': 'Warten, bis er antwortet',
    'Wait, in case it was a mistake': 'Warten, falls es ein Versehen war',
  },
  triedAgain: (step) => `„${step}“ wird noch einmal versucht. Was getan ist, bleibt getan.`,
  sayings: { ...SAYINGS_DE, ...FIELD_SAYINGS_DE, ...PROBLEM_SAYINGS_DE },
  connection: CONNECTION_DE,
  migrationCodes: MIGRATION_CODES_DE,
  ownMigrationCode: OWN_CODE_DE,
  // Without groups: among them are the ids of VMs.
  numbers: new Intl.NumberFormat('de', { useGrouping: false, maximumFractionDigits: 2 }),
  effects: {
    'It has ended.': 'Es ist schon zu Ende.',
    'Berth stops waiting, and asks Proxmox to stop the task while the guest has not answered.':
      'Berth wartet nicht länger und bittet Proxmox, die Aufgabe zu beenden, solange der Gast nicht geantwortet hat.',
    'Processors and memory are set back. A disk that has grown stays as it is.':
      'Prozessoren und Arbeitsspeicher werden zurückgesetzt. Eine vergrößerte Festplatte bleibt, wie sie ist.',
    'Proxmox is asked to stop the migration; the server goes on where it was.':
      'Proxmox wird gebeten, den Umzug zu beenden; der Server läuft weiter, wo er war.',
    'The VM is deleted, and its id and addresses are given back.':
      'Die VM wird gelöscht; ihre ID und ihre Adressen werden zurückgegeben.',
    'The disk keeps its size.': 'Die Festplatte behält ihre Größe.',
    'The disks are being erased.': 'Die Festplatten werden gerade gelöscht.',
    'The marker is removed from the VM, which stays as it was.':
      'Die Kennzeichnung wird von der VM entfernt, die bleibt, wie sie war.',
    'The old disk is being erased.': 'Die alte Festplatte wird gerade gelöscht.',
    'The password stays as it is, unless the guest agent or cloud-init has been told already.':
      'Das Passwort bleibt, wie es ist, sofern Gast-Agent oder cloud-init es nicht schon bekommen haben.',
    'The rescue medium is taken out and the server boots from its disk again.':
      'Das Rettungsmedium wird entfernt, und der Server startet wieder von seiner Festplatte.',
    'The server counts as rebuilt although its system has not answered.':
      'Der Server gilt als neu aufgesetzt, obwohl sein System nicht geantwortet hat.',
    'The server gets back the power state it had.':
      'Der Server läuft danach wieder oder ist aus, wie vorher.',
    'The server is kept and gets back the power state it had, as long as nothing has been erased.':
      'Der Server bleibt und läuft danach wieder oder ist aus, wie vorher, solange noch nichts gelöscht ist.',
    'The server is started again as it was, as long as its disk has not been erased.':
      'Der Server wird wieder gestartet, wie er war, solange seine Festplatte noch nicht gelöscht ist.',
    'The server stays powered off; start it later.':
      'Der Server bleibt ausgeschaltet; starten Sie ihn später.',
    'The server stays suspended, with the power state it had.':
      'Der Server bleibt gesperrt und läuft oder ist aus, wie vorher.',
    'The server stays where it is now.': 'Der Server bleibt, wo er jetzt ist.',
    'What could not be undone is left behind.': 'Was sich nicht rückgängig machen ließ, bleibt zurück.',
    'What has been done stays done; leave the rescue system again later.':
      'Was getan ist, bleibt getan; verlassen Sie das Rettungssystem später noch einmal.',
    'What was done is being undone already.': 'Das Getane wird schon rückgängig gemacht.',
  },
  failures: FAILURES_DE,
  problems: {
    invalid_input: 'Eine Angabe stimmt nicht.',
    invalid_json: 'Die Anfrage ist kein gültiges JSON.',
    invalid_idempotency_key: 'Der Idempotency-Key ist ungültig.',
    idempotency_key_reused: 'Dieser Idempotency-Key gehört zu einer anderen Anfrage.',
    unauthenticated: 'Bitte melden Sie sich an.',
    invalid_credentials: 'E-Mail-Adresse oder Passwort stimmt nicht.',
    second_factor_required: 'Ein Code Ihres zweiten Faktors wird gebraucht.',
    invalid_code: 'Dieser Code stimmt nicht.',
    invalid_passkey: 'Mit diesem Passkey kann sich niemand anmelden.',
    session_expired: 'Ihre Sitzung ist abgelaufen. Melden Sie sich neu an.',
    invalid_link: 'Dieser Link gilt nicht mehr.',
    forbidden: 'Das dürfen Sie nicht.',
    not_found: 'Das gibt es nicht, oder es gehört zu einem anderen Konto.',
    method_not_allowed: 'So lässt sich das nicht anfragen.',
    server_busy: 'Mit diesem Server geschieht gerade etwas.',
    server_protected: 'Dieser Server ist geschützt.',
    invalid_state: 'Das geht in diesem Zustand nicht.',
    not_cancellable: 'Dieser Vorgang lässt sich nicht mehr abbrechen.',
    not_paused: 'Dieser Vorgang wartet auf keine Entscheidung.',
    quota_exceeded: 'Das Kontingent des Kontos ist ausgeschöpft.',
    no_capacity: 'Kein Knoten hat Platz dafür.',
    no_address_left: 'Es ist keine Adresse mehr frei.',
    disk_shrink: 'Eine Festplatte kann nicht kleiner werden.',
    user_data_unsupported: 'Hier werden keine User-Data angenommen.',
    rescue_unsupported: 'Hier gibt es kein Rettungssystem.',
    name_taken: 'Dieser Name ist schon vergeben.',
    cluster_unusable: 'Mit diesem Cluster kann Berth nicht arbeiten.',
    conflict: 'Das hat sich inzwischen geändert.',
    payload_too_large: 'Das ist zu groß.',
    unsupported_media_type: 'Dieses Format wird nicht angenommen.',
    rate_limited: 'Zu viele Versuche. Warten Sie einen Moment.',
    unavailable: 'Berth ist gerade nicht verfügbar. Versuchen Sie es gleich noch einmal.',
    internal_error: 'In Berth ist etwas schiefgegangen.',
  },
};
