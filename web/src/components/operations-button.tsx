import { Button, Tag } from '@blueprintjs/core';
import { Pulse } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { lazy, Suspense } from 'react';
import { useSearchParams } from 'react-router';
import { useAllOperations } from '../hooks/use-all-operations.ts';
import { OnTheWay } from './on-the-way.tsx';

const OperationCentre = lazy(async () => ({
  default: (await import('../pages/operation-centre.tsx')).OperationCentre,
}));

/** Open while the address has it. */
export const OPERATIONS_PARAM = 'operations';

/** How many operations are under way, and the way to all of them; open or not is said by the address. */
export function OperationsButton() {
  const [params, setParams] = useSearchParams();
  const live = useAllOperations('live').data ?? [];
  const attention = live.filter(({ status }) => status === 'needs_attention').length;
  const isOpen = params.has(OPERATIONS_PARAM);
  const show = (shown: boolean) =>
    setParams(
      (before) => {
        if (shown) before.set(OPERATIONS_PARAM, 'open');
        else before.delete(OPERATIONS_PARAM);
        return before;
      },
      { replace: !shown, preventScrollReset: true },
    );
  const label =
    attention > 0
      ? t`Operations: ${live.length}, to be looked at: ${attention}`
      : t`Operations: ${live.length}`;
  return (
    <>
      <Button
        variant="minimal"
        icon={<Pulse />}
        aria-label={label}
        aria-expanded={isOpen}
        title={t`Operations`}
        onClick={() => show(true)}
      >
        {live.length > 0 && (
          <Tag round size="medium" intent={attention > 0 ? 'warning' : 'primary'}>
            {live.length}
          </Tag>
        )}
      </Button>
      {isOpen && (
        <Suspense fallback={<OnTheWay />}>
          <OperationCentre onClose={() => show(false)} />
        </Suspense>
      )}
    </>
  );
}
