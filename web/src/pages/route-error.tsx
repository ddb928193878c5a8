import { Button } from '@blueprintjs/core';
import { WarningSign } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { useLayoutEffect } from 'react';
import { useRouteError } from 'react-router';
import { PageTitle } from '../components/page-title.tsx';
import { NoticeState } from '../components/notice-state.tsx';
import { endFirstLook } from '../first-look.ts';

/** A page that broke, or whose code could not be loaded: after an update of Berth a reload brings the new one. */
export function RouteError() {
  const error = useRouteError();
  useLayoutEffect(endFirstLook, []);
  return (
    <div className="whole-page" role="alert">
      <PageTitle text={t`Error`} />
      <NoticeState
        level={1}
        icon={<WarningSign size={40} />}
        title={t`This page could not be shown`}
        description={error instanceof Error ? error.message : null}
        action={<Button text={t`Load again`} onClick={() => window.location.reload()} />}
      />
    </div>
  );
}
