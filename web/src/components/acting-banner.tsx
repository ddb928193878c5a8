import { Button } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { User } from '../../../contract/auth.ts';
import { leaveActing } from '../acting.ts';
import { showToast } from '../toaster.ts';

/** Says all the time whose eyes an administrator looks through, with the way back. */
export function ActingBanner({ user }: { user: User }) {
  const navigate = useNavigate();
  const [isLeaving, setIsLeaving] = useState(false);
  const leave = async (): Promise<void> => {
    setIsLeaving(true);
    try {
      await leaveActing(user.id);
      await navigate(`/admin/users?search=${encodeURIComponent(user.email)}`);
    } catch (error) {
      setIsLeaving(false);
      showToast({ message: error instanceof Error ? error.message : t`Try again`, intent: 'danger' });
    }
  };
  return (
    <div className="acting-banner" role="status">
      <span>
        <Trans>
          You, {user.actingAdmin}, see Berth as <strong>{user.email}</strong> does. Everything you do is
          recorded with both names.
        </Trans>
      </span>
      <Button
        variant="outlined"
        size="small"
        text={t`Leave`}
        loading={isLeaving}
        onClick={() => void leave()}
      />
    </div>
  );
}
