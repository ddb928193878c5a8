import { Search } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Link } from 'react-router';
import { PageTitle } from '../components/page-title.tsx';
import { NoticeState } from '../components/notice-state.tsx';

/** Any address that leads nowhere. */
export function NotFoundPage() {
  return (
    <div className="page">
      <PageTitle text={t`Not found`} />
      <NoticeState
        level={1}
        icon={<Search size={40} />}
        title={t`There is nothing here`}
        description={t`The address may be mistyped, or what it led to is gone.`}
        action={
          <Link to="/">
            <Trans>Go to your servers</Trans>
          </Link>
        }
      />
    </div>
  );
}
