import { Menu, MenuDivider, MenuItem, SegmentedControl } from '@blueprintjs/core';
import { LogOut } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useHref, useNavigate } from 'react-router';
import type { User } from '../../../contract/auth.ts';
import { ACCOUNT_PAGES } from '../account-pages.ts';
import { useStore } from '../hooks/use-store.ts';
import { logOut } from '../session.ts';
import { canMask, maskStore } from '../mask.ts';
import { LanguageSwitch } from './language-switch.tsx';
import { type Theme, setTheme, themeStore } from '../theme.ts';

const THEMES: { value: Theme; label: string }[] = [
  {
    value: 'light',
    get label() {
      return t`Light`;
    },
  },
  {
    value: 'dark',
    get label() {
      return t`Dark`;
    },
  },
  {
    value: 'system',
    get label() {
      return t`System`;
    },
  },
];

/** Who is logged in, theme and language, the pages of their account, and the way out. */
export function UserMenuContent({ user }: { user: User }) {
  const theme = useStore(themeStore);
  const isMasked = useStore(maskStore);
  return (
    <div className="user-menu">
      <div className="user-menu-who sensitive">
        <strong>{user.name || user.email}</strong>
        <span className="muted">{user.email}</span>
      </div>
      <div className="user-menu-theme">
        <span id="theme-label">
          <Trans>Theme</Trans>
        </span>
        <SegmentedControl
          aria-labelledby="theme-label"
          size="small"
          options={THEMES}
          value={theme}
          onValueChange={(value) => setTheme(value as Theme)}
        />
      </div>
      <div className="user-menu-theme">
        <label htmlFor="menu-language">
          <Trans>Language</Trans>
        </label>
        <LanguageSwitch id="menu-language" />
      </div>
      <Menu>
        {ACCOUNT_PAGES.map((page) => (
          <PageItem key={page.path} {...page} />
        ))}
        {canMask() && (
          <MenuItem
            text={isMasked ? t`Show everything` : t`Mask for screenshots`}
            onClick={() => maskStore.set(!isMasked)}
          />
        )}
        <MenuDivider />
        <MenuItem icon={<LogOut />} text={t`Log out`} onClick={() => void logOut()} />
      </Menu>
    </div>
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
