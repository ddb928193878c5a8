import { Classes } from '@blueprintjs/core';
import { Trans } from '@lingui/react/macro';
import { Link } from 'react-router';
import type { Operation } from '../../../contract/operations.ts';
import type { Server } from '../../../contract/servers.ts';
import { useOrderingAccounts } from '../hooks/use-forbidden.ts';

/** The way to the same order once more, where this one came to nothing. */
export function OrderAgain({ server, operation }: { server: Server; operation: Operation }) {
  const mayOrder = useOrderingAccounts()?.length !== 0;
  const isLost = operation.status === 'failed' || operation.status === 'cancelled';
  if (!mayOrder || operation.type !== 'provision' || !isLost) return null;
  const { name, plan, template, location } = server;
  const chosen = Object.entries({ name, plan: plan.id, template: template.id, location });
  const order = new URLSearchParams(chosen.flatMap(([field, value]) => (value ? [[field, value]] : [])));
  return (
    <p className="order-again">
      <Link to={`/servers/new?${order}`} className={Classes.BUTTON}>
        <span className={Classes.BUTTON_TEXT}>
          <Trans>Order again</Trans>
        </span>
      </Link>
    </p>
  );
}
