import { Callout } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ApiError, NetworkError, sentence } from '../api-error.ts';
import { inLanguage, problemDetail, problemSentences } from '../contract-words.ts';

/** Why a request was refused and what can be done, in the API's words, and the request's id for support. */
export function ProblemCallout({ error, retryHint }: { error: unknown; retryHint?: string }) {
  if (error instanceof ApiError) {
    const { problem } = error;
    const [title, ...more] = problemSentences(problem);
    return (
      <Callout className="problem" tabIndex={-1} intent="danger" role="alert" compact>
        <p className="callout-title">{title}</p>
        {[...more, problemDetail(problem)].filter(Boolean).map((text) => (
          <p key={text} className="callout-text">
            {text}
          </p>
        ))}
        {problem.issues?.map(({ field, message, said }) => (
          <p key={`${field}: ${message}`} className="callout-text">
            {field === '' ? sentence(inLanguage(message, said)) : `${field}: ${inLanguage(message, said)}`}
          </p>
        ))}
        <p className="callout-small">
          <Trans>
            Code <code>{problem.code}</code>
          </Trans>
          {problem.requestId && (
            <>
              {' · '}
              <Trans>
                request <code>{problem.requestId}</code>
              </Trans>
            </>
          )}
        </p>
      </Callout>
    );
  }
  const isNetwork = error instanceof NetworkError;
  return (
    <Callout className="problem" tabIndex={-1} intent={isNetwork ? 'warning' : 'danger'} role="alert" compact>
      <p className="callout-title">{messageOf(error)}</p>
      {isNetwork && <p className="callout-text">{retryHint ?? t`Check your connection and try again.`}</p>}
    </Callout>
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : t`Something went wrong`;
}
