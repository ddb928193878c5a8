import { t } from '@lingui/core/macro';
import { NavLink, Outlet } from 'react-router';
import { ACCOUNT_PAGES } from '../account-pages.ts';
import '../account.css';

/** The frame around the pages of somebody's own account. */
export function AccountPage() {
  return (
    <div className="page account">
      <nav aria-label={t`Account`} className="account-nav">
        {ACCOUNT_PAGES.map(({ path, title }) => (
          <NavLink key={path} to={path} end className="account-link">
            {title}
          </NavLink>
        ))}
      </nav>
      <div className="account-content">
        <Outlet />
      </div>
    </div>
  );
}
