import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { PageTitle } from '../components/page-title.tsx';
import { ChangePasswordForm } from './change-password-form.tsx';
import { PasskeyPanel } from './passkey-panel.tsx';
import { SessionList } from './session-list.tsx';
import { TwoFactorPanel } from './two-factor-panel.tsx';

/** What keeps others out of an account. */
export function SecurityPage() {
  return (
    <>
      <PageTitle text={t`Security`} />
      <h1>
        <Trans>Security</Trans>
      </h1>
      <ChangePasswordForm />
      <TwoFactorPanel />
      <PasskeyPanel />
      <SessionList />
    </>
  );
}
