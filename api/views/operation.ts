import {
  cancelAt,
  decisionsAt,
  isLive,
  type Operation,
  type OperationStatus,
  type OperationStep,
  type StepState,
} from '../../contract/operations.ts';
import { definitionOf, UNDO_STEP, type StepDefinition } from '../../contract/operation-table.ts';
import type { OperationRow, StepEvent } from '../operation-rows.ts';
import type { Said } from '../../contract/said.ts';
import { inEnglish } from '../../contract/sayings.ts';
import { saidOf } from './said.ts';

const iso = (at: string): string => new Date(at).toISOString();

/** A step that was running when its operation ended shares the operation's fate. */
function stateAtEnd(status: OperationStatus): StepState {
  if (status === 'failed' || status === 'cancelled') return status;
  return 'succeeded';
}

const newsOf = ({ message, said }: StepEvent): Pick<OperationStep, 'message' | 'said'> => ({
  message,
  ...saidOf(said),
});

/** A worker from before `note_said` leaves that of an earlier note behind. */
const noteSaidOf = ({ note, noteSaid }: OperationRow): { said?: Said } =>
  saidOf(noteSaid && inEnglish(noteSaid) === note ? noteSaid : null);

function toStep(row: OperationRow, { name, title }: StepDefinition): OperationStep {
  const events = (row.events ?? []).filter((event) => event.step === name);
  const latest = events.at(-1);
  const usual = row.usual?.[name];
  const step = {
    name,
    title,
    percent: null,
    message: null,
    task: row.tasks?.[name] ?? null,
    usualSeconds: usual === undefined ? null : Math.round(usual * 10) / 10,
    queue: null,
  };
  if (!latest) {
    return { ...step, state: isLive(row.status) ? 'pending' : 'skipped', startedAt: null, finishedAt: null };
  }
  const started = events.find((event) => event.state === 'running' && event.fence === latest.fence);
  const startedAt = started ? iso(started.at) : null;
  if (latest.state !== 'running') {
    return { ...step, state: latest.state, startedAt, finishedAt: iso(latest.at), ...newsOf(latest) };
  }
  if (!isLive(row.status)) {
    const finishedAt = row.finishedAt?.toISOString() ?? null;
    return { ...step, state: stateAtEnd(row.status), startedAt, finishedAt, ...newsOf(latest) };
  }
  const isCurrent = row.step === name;
  const news = isCurrent && row.note !== null ? { message: row.note, ...noteSaidOf(row) } : newsOf(latest);
  return {
    ...step,
    state: 'running',
    startedAt,
    finishedAt: null,
    ...news,
    percent: isCurrent ? row.percent : null,
    queue: isCurrent && row.position !== null ? { position: row.position, etaSeconds: row.etaSeconds } : null,
  };
}

/** An operation as its server's owner sees it, with every step it has, also those not reached. */
export function toOperationView(row: OperationRow): Operation {
  const { errorCode, errorMessage, errorCause } = row;
  const hasUndone = (row.events ?? []).some(({ step }) => step === UNDO_STEP.name);
  const steps: StepDefinition[] = [...definitionOf(row.type).steps, ...(hasUndone ? [UNDO_STEP] : [])];
  return {
    id: row.id,
    type: row.type,
    status: row.status,
    serverId: row.serverId,
    accountId: row.accountId,
    accountName: row.accountName,
    serverName: row.serverName,
    cancelRequested: row.cancelRequested,
    cancel: cancelAt(row),
    decisions: decisionsAt(row),
    decision: row.decision,
    steps: steps.map((step) => toStep(row, step)),
    error:
      errorCode === null
        ? null
        : {
            code: errorCode,
            message: errorMessage ?? errorCode,
            ...saidOf(row.errorSaid),
            cause: errorCause,
            log: row.errorLog ?? [],
          },
    requestId: row.requestId,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}
