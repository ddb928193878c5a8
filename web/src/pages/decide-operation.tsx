import { Button } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Decision, OfferedDecision, Operation } from '../../../contract/operations.ts';
import { decideOperation } from '../api.ts';
import { ProblemCallout } from '../components/problem-callout.tsx';
import { decisionEffect } from '../contract-words.ts';
import { useSubmit } from '../hooks/use-submit.ts';
import { applyOperation } from '../live-cache.ts';
import { useForbidden } from '../hooks/use-forbidden.ts';
import { useIsAdmin } from '../hooks/use-is-admin.ts';

const WORDS: Record<Decision, string> = {
  get resume() {
    return t`Resume`;
  },
  get skip() {
    return t`Skip this step`;
  },
  get roll_back() {
    return t`Roll back`;
  },
};

/** What can be decided about an operation that stands still; each choice says what it does. */
export function DecideOperation({ operation }: { operation: Operation }) {
  const client = useQueryClient();
  const submit = useSubmit();
  const isAdmin = useIsAdmin();
  const forbidden = useForbidden()({ id: operation.serverId, accountId: operation.accountId }, 'operate');
  const decide = useMutation({
    mutationFn: (decision: Decision) =>
      submit({ operation: operation.id, decision }, (key) => decideOperation(operation.id, decision, key)),
    onSuccess: (answer) => applyOperation(client, answer),
  });
  const offered = operation.decisions.filter(({ by }) => isAdmin || by === 'customer');
  if (offered.length === 0) return null;
  if (forbidden) return <p className="muted">{forbidden}</p>;
  return (
    <>
      <dl className="decisions" aria-label={t`How to go on`}>
        {offered.map((choice) => (
          <Choice
            key={choice.decision}
            choice={choice}
            decided={operation.decision ?? (decide.isPending ? decide.variables : null)}
            onChoose={() => decide.mutate(choice.decision)}
          />
        ))}
      </dl>
      {decide.error && <ProblemCallout error={decide.error} />}
    </>
  );
}

function Choice({
  choice,
  decided,
  onChoose,
}: {
  choice: OfferedDecision;
  decided: Decision | null;
  onChoose: () => void;
}) {
  const { decision } = choice;
  return (
    <>
      <dt>
        <Button
          size="small"
          intent={decision === 'resume' ? 'primary' : decision === 'roll_back' ? 'danger' : 'none'}
          text={WORDS[decision]}
          disabled={decided !== null}
          loading={decided === decision}
          onClick={onChoose}
        />
      </dt>
      <dd>{decisionEffect(choice)}</dd>
    </>
  );
}
