import { inLanguage, stepTitle } from '../contract-words.ts';
import { t } from '@lingui/core/macro';
import { BanCircle, Circle, Cross, Minus, Tick } from '@blueprintjs/icons';
import { Trans } from '@lingui/react/macro';
import type { ReactElement } from 'react';
import type { OperationStep, StepState } from '../../../contract/operations.ts';
import { PercentBar } from '../components/percent-bar.tsx';
import { formatDuration } from '../format-time.ts';
import { useNow } from '../hooks/use-now.ts';

const MARKS: Record<StepState, { icon: ReactElement; word: string }> = {
  pending: {
    icon: <Circle size={12} />,
    get word() {
      return t`not started`;
    },
  },
  running: {
    icon: <span className="spinner-mark" />,
    get word() {
      return t`running`;
    },
  },
  succeeded: {
    icon: <Tick size={14} />,
    get word() {
      return t`done`;
    },
  },
  failed: {
    icon: <Cross size={14} />,
    get word() {
      return t`failed`;
    },
  },
  cancelled: {
    icon: <BanCircle size={12} />,
    get word() {
      return t`cancelled`;
    },
  },
  skipped: {
    icon: <Minus size={12} />,
    get word() {
      return t`skipped`;
    },
  },
};

/** The steps of an operation in their order, each with its state, time and latest news. */
export function StepList({ steps, label }: { steps: OperationStep[]; label: string }) {
  return (
    <ol className="steps" aria-label={label}>
      {steps.map((step) => (
        <li key={step.name} className={`step step-${step.state}`}>
          <span className="step-mark" aria-hidden="true">
            {MARKS[step.state].icon}
          </span>
          <span className="step-title">
            {stepTitle(step.title)}
            <span className="visually-hidden">{`: ${MARKS[step.state].word}`}</span>
          </span>
          <StepTime step={step} />
          {step.state === 'running' && step.percent !== null && (
            <PercentBar percent={step.percent} label={stepTitle(step.title)} />
          )}
          {step.message && <span className="step-message">{inLanguage(step.message, step.said)}</span>}
          {step.task && (
            <details className="step-task">
              <summary>
                <Trans>Proxmox VE task</Trans>
              </summary>
              <code>{step.task}</code>
            </details>
          )}
        </li>
      ))}
    </ol>
  );
}

function StepTime({ step }: { step: OperationStep }) {
  const isRunning = step.state === 'running';
  const now = useNow(isRunning ? 1_000 : null);
  // A line says by itself how long it may take, and less than a second is nobody's concern.
  const usualMs = step.queue ? 0 : (step.usualSeconds ?? 0) * 1_000;
  const usual = usualMs >= 1_000 ? t`usually ${formatDuration(usualMs)}` : null;
  if (!step.startedAt) return <span className="step-time numeric">{step.state === 'pending' && usual}</span>;
  const until = step.finishedAt ? Date.parse(step.finishedAt) : isRunning ? now : null;
  return (
    <span className="step-time numeric">
      {isRunning && step.percent !== null && `${Math.round(step.percent)} % · `}
      {until !== null && formatDuration(until - Date.parse(step.startedAt))}
      {isRunning && usual && ` · ${usual}`}
    </span>
  );
}
