import { Button, Menu, MenuDivider, MenuItem, PopoverNext, SegmentedControl } from '@blueprintjs/core';
import { CaretDown, LogOut, User as UserIcon } from '@blueprintjs/icons';
import { useHref, useNavigate } from 'react-router';
import type { User } from '../../../contract/auth.ts';
import { ACCOUNT_PAGES } from '../account-pages.ts';
import { useStore } from '../hooks/use-store.ts';
import { logOut } from '../session.ts';
import { type Theme, setTheme, themeStore } from '../theme.ts';

const THEMES: { value: Theme; label: string }[] = [
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
  { value: 'system', label: 'System' },
];

/** Who is logged in, the theme, the pages of their account, and the way out. */
export function UserMenu({ user }: { user: User }) {
  const theme = useStore(themeStore);
  return (
    <PopoverNext
      placement="bottom-end"
      content={
        <div className="user-menu">
          <div className="user-menu-who">
            <strong>{user.name || user.email}</strong>
            <span className="muted">{user.email}</span>
          </div>
          <div className="user-menu-theme">
            <span id="theme-label">Theme</span>
            <SegmentedControl
              aria-labelledby="theme-label"
              size="small"
              options={THEMES}
              value={theme}
              onValueChange={(value) => setTheme(value as Theme)}
            />
          </div>
          <Menu>
            {ACCOUNT_PAGES.map((page) => (
              <PageItem key={page.path} {...page} />
            ))}
            <MenuDivider />
            <MenuItem icon={<LogOut />} text="Log out" onClick={() => void logOut()} />
          </Menu>
        </div>
      }
    >
      <Button
        variant="minimal"
        icon={<UserIcon />}
        endIcon={<CaretDown />}
        aria-label={`Account menu of ${user.email}`}
        text={<span className="user-menu-name">{user.name || user.email}</span>}
      />
    </PopoverNext>
  );
}

function PageItem({ path, title }: { path: string; title: string }) {
  const href = useHref(path);
  const navigate = useNavigate();
  return (
    <MenuItem
      text={title}
      href={href}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return; // in a tab or window of its own
        event.preventDefault();
        void navigate(path);
      }}
    />
  );
}
