import { Callout } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { Operation } from '../../../contract/operations.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { inLanguage } from '../contract-words.ts';
import { explanationOf } from '../failure-words.ts';
import { useIsAdmin } from '../hooks/use-is-admin.ts';

/** Why an operation failed: in words, in Proxmox's words, and what its reader can do next. */
export function OperationFailure({
  operation,
  error,
}: {
  operation: Operation;
  error: NonNullable<Operation['error']>;
}) {
  const isAdmin = useIsAdmin();
  const explanation = explanationOf(error.code);
  const intent =
    operation.status === 'cancelled' ? 'none' : operation.status === 'needs_attention' ? 'warning' : 'danger';
  return (
    <Callout intent={intent} compact className="failure">
      <p className="callout-title">{explanation.title}</p>
      <p className="callout-text">{explanation.cause}</p>
      {error.message && !isSaidByCause(error) && (
        <p className="callout-text">{inLanguage(error.message, error.said)}</p>
      )}
      {error.cause && (
        <div>
          <span className="muted">
            <Trans>Proxmox VE said</Trans>
          </span>
          <pre className="failure-cause">{error.cause}</pre>
        </div>
      )}
      {error.log.length > 0 && (
        <details>
          <summary>
            <Trans>The end of the task’s log</Trans>
          </summary>
          <pre className="failure-cause">{error.log.join('\n')}</pre>
        </details>
      )}
      <p className="callout-text">
        <strong>
          <Trans>What to do now:</Trans>
        </strong>{' '}
        {isAdmin ? <Remedy text={explanation.remedy} /> : explanation.nextStep}
      </p>
      {!isAdmin && operation.status === 'needs_attention' && (
        <p className="callout-text">
          <Trans>It waits here, and your provider sees that it does.</Trans>
        </p>
      )}
      <p className="callout-small">
        <Trans>
          Code <code>{error.code}</code> · operation <code>{operation.id}</code>
          <CopyButton text={operation.id} label={t`operation id`} />
        </Trans>
      </p>
    </Callout>
  );
}

/** What Proxmox said is shown in its own words below. */
const isSaidByCause = ({ message, cause }: NonNullable<Operation['error']>): boolean =>
  cause !== null && message.endsWith(cause);

/** A line of Markdown, of which `code` is all that it has. */
function Remedy({ text }: { text: string }) {
  const [first, ...pairs] = text.split('`');
  return (
    <>
      {first}
      {pairs.map((part, index) => (index % 2 === 0 ? <code key={part}>{part}</code> : part))}
    </>
  );
}
