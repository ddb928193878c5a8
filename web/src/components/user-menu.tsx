import { Button, Menu, MenuDivider, MenuItem, PopoverNext } from '@blueprintjs/core';
import { CaretDown, Contrast, Flash, LogOut, Moon, Tick, User as UserIcon } from '@blueprintjs/icons';
import type { ReactElement } from 'react';
import type { User } from '../../../contract/auth.ts';
import { useStore } from '../hooks/use-store.ts';
import { logOut } from '../session.ts';
import { type Theme, setTheme, themeStore } from '../theme.ts';

const THEMES: { theme: Theme; label: string; icon: ReactElement }[] = [
  { theme: 'light', label: 'Light', icon: <Flash /> },
  { theme: 'dark', label: 'Dark', icon: <Moon /> },
  { theme: 'system', label: 'Like the system', icon: <Contrast /> },
];

/** Who is logged in, the theme, and the way out. */
export function UserMenu({ user }: { user: User }) {
  const chosen = useStore(themeStore);
  return (
    <PopoverNext
      placement="bottom-end"
      content={
        <Menu>
          <li className="user-menu-who">
            <strong>{user.name || user.email}</strong>
            <span className="muted">{user.email}</span>
          </li>
          <MenuDivider title="Theme" />
          {THEMES.map(({ theme, label, icon }) => (
            <MenuItem
              key={theme}
              icon={icon}
              text={label}
              roleStructure="menuitem"
              aria-current={theme === chosen}
              labelElement={theme === chosen ? <Tick /> : null}
              onClick={() => setTheme(theme)}
            />
          ))}
          <MenuDivider />
          <MenuItem icon={<LogOut />} text="Log out" onClick={() => void logOut()} />
        </Menu>
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
