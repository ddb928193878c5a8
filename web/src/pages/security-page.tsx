import { PageTitle } from '../components/page-title.tsx';
import { ChangePasswordForm } from './change-password-form.tsx';
import { SessionList } from './session-list.tsx';
import { TwoFactorPanel } from './two-factor-panel.tsx';

/** What keeps others out of an account. */
export function SecurityPage() {
  return (
    <>
      <PageTitle text="Security" />
      <h1>Security</h1>
      <ChangePasswordForm />
      <TwoFactorPanel />
      <SessionList />
    </>
  );
}
