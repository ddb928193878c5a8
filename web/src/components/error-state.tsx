import { Button } from '@blueprintjs/core';
import { Refresh, WarningSign } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ApiError } from '../api-error.ts';
import { NoticeState } from './notice-state.tsx';

/** A page or part of it that could not be read, with the reason and a way to try again. */
export function ErrorState({ title, error, onRetry }: { title: string; error: Error; onRetry: () => void }) {
  const requestId = error instanceof ApiError ? error.problem.requestId : undefined;
  return (
    <div role="alert">
      <NoticeState
        level={2}
        icon={<WarningSign size={40} />}
        title={title}
        description={
          <>
            <p>{error.message}</p>
            {requestId && (
              <p className="muted">
                <Trans>
                  Request <code>{requestId}</code>
                </Trans>
              </p>
            )}
          </>
        }
        action={<Button icon={<Refresh />} text={t`Try again`} onClick={onRetry} />}
      />
    </div>
  );
}
