import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Spinner, Tag } from '@blueprintjs/core';
import { useState } from 'react';
import { Link } from 'react-router';
import type { AdminSettings, Setting, UpdateSettings } from '../../../contract/admin.ts';
import { ErrorState } from '../components/error-state.tsx';
import { Fact, Facts } from '../components/facts.tsx';
import { TextField } from '../components/text-field.tsx';
import { useFields } from '../hooks/use-fields.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { AdminPage } from './admin-page.tsx';
import { useAdminChange, useAdminSettings } from './use-admin.ts';

type Name = keyof UpdateSettings;

const EDITABLE: Record<
  Name,
  { title: string; help: string; range: string; variable: string; isFitting: (hours: number) => boolean }
> = {
  deleteGraceHours: {
    get title() {
      return t`Deletions can be undone for`;
    },
    get help() {
      return t`In hours. 0: not at all. Holds for servers that are deleted from now on.`;
    },
    get range() {
      return t`Enter 0 to 8760 hours`;
    },
    variable: 'BERTH_DELETE_GRACE_HOURS',
    isFitting: (hours) => hours >= 0 && hours <= 8_760,
  },
  quarantineHours: {
    get title() {
      return t`Orphans are in quarantine for`;
    },
    get help() {
      return t`In whole hours, at least one. Holds for orphans that are put into quarantine from now on.`;
    },
    get range() {
      return t`Enter 1 to 8760 whole hours`;
    },
    variable: 'BERTH_QUARANTINE_HOURS',
    isFitting: (hours) => Number.isInteger(hours) && hours >= 1 && hours <= 8_760,
  },
};
const NAMES = Object.keys(EDITABLE) as Name[];

/** What this installation is set to, who says so, and what of it can be set here. */
export function SettingsPage() {
  const settings = useAdminSettings();
  const [edited, setEdited] = useState<Name | null>(null);
  return (
    <AdminPage
      title={t`Settings`}
      about={t`What is set here is kept in the database and comes before the environment. The rest is set where Berth is started.`}
    >
      {settings.isPending && <Spinner className="page-spinner" aria-label={t`Loading`} />}
      {settings.isError && !settings.data && (
        <ErrorState
          title={t`The settings could not be read`}
          error={settings.error}
          onRetry={() => void settings.refetch()}
        />
      )}
      {settings.data && <SettingsLists settings={settings.data} onEdit={setEdited} />}
      {edited && settings.data && (
        <SettingDialog name={edited} setting={settings.data[edited]} onClose={() => setEdited(null)} />
      )}
    </AdminPage>
  );
}

function SettingsLists({ settings, onEdit }: { settings: AdminSettings; onEdit: (name: Name) => void }) {
  const { publicUrl, workflowUi, sessionDays } = settings;
  return (
    <div className="reconcile-states">
      <Facts title={t`Set here`}>
        {NAMES.map((name) => (
          <Fact key={name} name={EDITABLE[name].title}>
            <span className="setting">
              {inHours(settings[name].value)}
              <Source setting={settings[name]} variable={EDITABLE[name].variable} />
              <Button
                size="small"
                text={t`Change`}
                aria-label={t`Change: ${EDITABLE[name].title}`}
                onClick={() => onEdit(name)}
              />
            </span>
          </Fact>
        ))}
        <Fact name={t`Copies and starts at once`}>
          <Link to="/admin/clusters">
            <Trans>for each cluster by itself</Trans>
          </Link>
        </Fact>
      </Facts>
      <Facts title={t`Set where Berth is started`}>
        <Fact name={t`Where customers reach Berth`}>
          {publicUrl ?? t`not set`} <Tag minimal>BERTH_PUBLIC_URL</Tag>
        </Fact>
        <Fact name={t`Temporal UI`}>
          {workflowUi ?? t`not set`} <Tag minimal>TEMPORAL_UI_URL</Tag>
        </Fact>
        <Fact name={t`A login lasts for`}>{plural(sessionDays, { one: '# day', other: '# days' })}</Fact>
      </Facts>
    </div>
  );
}

const inHours = (value: number): string =>
  value === 0 ? t`not at all` : plural(value, { one: '# hour', other: '# hours' });

function Source({ setting: { source }, variable }: { setting: Setting; variable: string }) {
  if (source === 'database')
    return (
      <Tag intent="primary" minimal>
        <Trans>set here</Trans>
      </Tag>
    );
  return <Tag minimal>{source === 'environment' ? variable : t`default`}</Tag>;
}

interface SettingDialogProps {
  name: Name;
  setting: Setting;
  onClose: () => void;
}

function SettingDialog({ name, setting, onClose }: SettingDialogProps) {
  const { title, help, range, variable, isFitting } = EDITABLE[name];
  const [text, setText] = useState(String(setting.value));
  const change = useAdminChange<UpdateSettings>(
    { path: () => '/admin/settings', method: 'PATCH', body: (input) => input },
    { onDone: onClose, isRefusalShown: true },
  );
  const isReady = text.trim() !== '' && isFitting(Number(text));
  const fields = useFields({ [name]: isReady ? null : range }, change.error);
  const duration = inHours(setting.otherwise);
  const otherwise = setting.otherSource === 'environment' ? variable : t`the default`;
  return (
    <ChangeDialog
      title={title}
      keep={t`Cancel`}
      submit={t`Save setting`}
      fields={fields}
      change={change}
      onSubmit={() => change.mutate({ [name]: Number(text) })}
      onClose={onClose}
    >
      <TextField
        label={t`Hours`}
        help={help}
        isNumber
        autoFocus
        wrong={fields.wrong[name] ?? null}
        value={text}
        onChange={setText}
      />
      {setting.source === 'database' && (
        <Button
          variant="minimal"
          text={t`Use ${otherwise} again: ${duration}`}
          disabled={change.isPending}
          onClick={() => change.mutate({ [name]: null })}
        />
      )}
    </ChangeDialog>
  );
}
