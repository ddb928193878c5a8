import { Button, Spinner, Tag } from '@blueprintjs/core';
import { Key, Plus } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { ApiToken, NewApiToken } from '../../../contract/account.ts';
import { revokeApiToken } from '../account-api.ts';
import { ErrorState } from '../components/error-state.tsx';
import { NoticeState } from '../components/notice-state.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { TimeAgo } from '../components/time-ago.tsx';
import { formatDate, formatExact } from '../format-time.ts';
import { TOKENS_KEY, useAccountChange, useApiTokens } from '../hooks/use-account.ts';
import { useNow } from '../hooks/use-now.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { CreateTokenDialog } from './create-token-dialog.tsx';
import { PERMISSIONS } from './permission-words.ts';
import { ShowTokenDialog } from './show-token-dialog.tsx';

/** Tokens for programs. */
export function ApiTokensPage() {
  const [isCreating, setIsCreating] = useState(false);
  const [made, setMade] = useState<NewApiToken | null>(null);
  const create = () => setIsCreating(true);
  return (
    <>
      <PageTitle text={t`API tokens`} />
      <div className="page-head">
        <div>
          <h1>
            <Trans>API tokens</Trans>
          </h1>
          <span className="muted">
            <Trans>
              Programs act for you with them. <a href="/docs">Documentation of the API</a>
            </Trans>
          </span>
        </div>
        <Button intent="primary" icon={<Plus />} text={t`Create token`} onClick={create} />
      </div>
      <TokenList />
      {isCreating && (
        <CreateTokenDialog
          onMade={(token) => {
            setIsCreating(false);
            setMade(token);
          }}
          onClose={() => setIsCreating(false)}
        />
      )}
      {made && <ShowTokenDialog made={made} onClose={() => setMade(null)} />}
    </>
  );
}

function TokenList() {
  const tokens = useApiTokens();
  if (tokens.isPending) return <Spinner className="page-spinner" aria-label={t`Loading the API tokens`} />;
  if (tokens.isError && !tokens.data) {
    return (
      <ErrorState
        title={t`Your API tokens cannot be shown`}
        error={tokens.error}
        onRetry={() => void tokens.refetch()}
      />
    );
  }
  const { items } = tokens.data;
  if (items.length === 0) {
    return (
      <NoticeState
        level={2}
        icon={<Key size={40} />}
        title={t`No API tokens`}
        description={t`A token lets a script or a tool such as Terraform do what you can do here, or less.`}
      />
    );
  }
  return (
    <section className="panel" aria-label={t`Your API tokens`}>
      <ul className="row-list first-list" aria-label={t`API tokens`}>
        {items.map((token) => (
          <TokenRow key={token.id} token={token} />
        ))}
      </ul>
    </section>
  );
}

function TokenRow({ token }: { token: ApiToken }) {
  const [isAsked, setIsAsked] = useState(false);
  return (
    <li>
      <div className="row-main">
        <div className="row-title">
          {token.name}
          <code className="muted">{token.hint}…</code>
          <Tag minimal>{PERMISSIONS[token.permission].title}</Tag>
          {token.isStaff && (
            <Tag minimal intent="warning">
              <Trans>Administration</Trans>
            </Tag>
          )}
        </div>
        <span className="second-line">
          <Expiry token={token} /> · <LastUse token={token} />
        </span>
        {token.sources && (
          <span className="second-line">
            <Trans>From {token.sources.join(', ')} only</Trans>
          </span>
        )}
      </div>
      <Button text={t`Revoke`} aria-label={t`Revoke ${token.name}`} onClick={() => setIsAsked(true)} />
      {isAsked && <RevokeDialog token={token} onClose={() => setIsAsked(false)} />}
    </li>
  );
}

function Expiry({ token: { expiresAt } }: { token: ApiToken }) {
  const now = useNow(60_000);
  if (expiresAt === null) return t`Never expires`;
  const date = formatDate(expiresAt);
  return Date.parse(expiresAt) <= now ? (
    <strong className="expired" title={formatExact(expiresAt)}>
      <Trans>Expired on {date}</Trans>
    </strong>
  ) : (
    <span title={formatExact(expiresAt)}>
      <Trans>Expires on {date}</Trans>
    </span>
  );
}

function LastUse({ token: { lastUsedAt, lastUsedIp } }: { token: ApiToken }) {
  if (lastUsedAt === null) return t`never used`;
  return (
    <>
      <Trans>
        last used <TimeAgo iso={lastUsedAt} /> from {lastUsedIp}
      </Trans>
    </>
  );
}

function RevokeDialog({ token, onClose }: { token: ApiToken; onClose: () => void }) {
  const revoke = useAccountChange(TOKENS_KEY, revokeApiToken, onClose);
  return (
    <ChangeDialog
      title={t`Revoke ${token.name}`}
      keep={t`Keep it`}
      submit={t`Revoke token`}
      isHarsh
      change={revoke}
      onSubmit={() => revoke.mutate(token.id)}
      onClose={onClose}
    >
      <p>
        <Trans>
          What uses <code>{token.hint}…</code> is refused from now on. This cannot be undone.
        </Trans>
      </p>
    </ChangeDialog>
  );
}
