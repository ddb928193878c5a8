import { Search } from '@blueprintjs/icons';
import { Link } from 'react-router';
import { PageTitle } from '../components/page-title.tsx';
import { NoticeState } from '../components/notice-state.tsx';

/** Any address that leads nowhere. */
export function NotFoundPage() {
  return (
    <div className="page">
      <PageTitle text="Not found" />
      <NoticeState
        level={1}
        icon={<Search size={40} />}
        title="There is nothing here"
        description="The address may be mistyped, or what it led to is gone."
        action={<Link to="/">Go to your servers</Link>}
      />
    </div>
  );
}
