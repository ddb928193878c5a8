import { Button } from '@blueprintjs/core';
import { CaretDown, User as UserIcon } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import type { User } from '../../../contract/auth.ts';
import { latePopover } from './late-popover.tsx';

const UserPopover = latePopover(async () => (await import('./user-menu-content.tsx')).UserMenuContent);

/** Whose session this is, and the way to all that is theirs. */
export function UserMenu({ user }: { user: User }) {
  return (
    <UserPopover
      content={{ user }}
      button={
        <Button
          variant="minimal"
          icon={<UserIcon />}
          endIcon={<CaretDown />}
          aria-label={t`Account menu of ${user.email}`}
          text={<span className="user-menu-name sensitive">{user.name || user.email}</span>}
        />
      }
    />
  );
}
