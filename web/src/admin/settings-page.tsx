import { Button, Spinner, Tag } from '@blueprintjs/core';
import { useState } from 'react';
import { Link } from 'react-router';
import type { AdminSettings, Setting, UpdateSettings } from '../../../contract/admin.ts';
import { ErrorState } from '../components/error-state.tsx';
import { Fact, Facts } from '../components/facts.tsx';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { AdminPage } from './admin-page.tsx';
import { TextField } from './text-field.tsx';
import { useAdminChange, useAdminSettings } from './use-admin.ts';

type Name = keyof UpdateSettings;

const EDITABLE: Record<
  Name,
  { title: string; help: string; variable: string; isFitting: (hours: number) => boolean }
> = {
  deleteGraceHours: {
    title: 'Deletions can be undone for',
    help: 'In hours. 0: not at all. Holds for servers that are deleted from now on.',
    variable: 'BERTH_DELETE_GRACE_HOURS',
    isFitting: (hours) => hours >= 0 && hours <= 8_760,
  },
  quarantineHours: {
    title: 'Orphans are in quarantine for',
    help: 'In whole hours, at least one. Holds for orphans that are put into quarantine from now on.',
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
      title="Settings"
      about="What is set here is kept in the database and comes before the environment. The rest is set where Berth is started."
    >
      {settings.isPending && <Spinner className="page-spinner" aria-label="Loading" />}
      {settings.isError && !settings.data && (
        <ErrorState
          title="The settings could not be read"
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
      <Facts title="Set here">
        {NAMES.map((name) => (
          <Fact key={name} name={EDITABLE[name].title}>
            <span className="setting">
              {inHours(settings[name].value)}
              <Source setting={settings[name]} variable={EDITABLE[name].variable} />
              <Button
                size="small"
                text="Change"
                aria-label={`Change: ${EDITABLE[name].title}`}
                onClick={() => onEdit(name)}
              />
            </span>
          </Fact>
        ))}
        <Fact name="What is done at once">
          <Link to="/admin/clusters">for each cluster by itself</Link>
        </Fact>
      </Facts>
      <Facts title="Set where Berth is started">
        <Fact name="Where customers reach Berth">
          {publicUrl ?? 'not set'} <Tag minimal>BERTH_PUBLIC_URL</Tag>
        </Fact>
        <Fact name="Temporal UI">
          {workflowUi ?? 'not set'} <Tag minimal>TEMPORAL_UI_URL</Tag>
        </Fact>
        <Fact name="A login lasts for">{`${sessionDays} days`}</Fact>
      </Facts>
    </div>
  );
}

const inHours = (value: number): string => (value === 1 ? '1 hour' : `${value} hours`);

function Source({ setting: { source }, variable }: { setting: Setting; variable: string }) {
  if (source === 'database')
    return (
      <Tag intent="primary" minimal>
        set here
      </Tag>
    );
  return <Tag minimal>{source === 'environment' ? variable : 'default'}</Tag>;
}

interface SettingDialogProps {
  name: Name;
  setting: Setting;
  onClose: () => void;
}

function SettingDialog({ name, setting, onClose }: SettingDialogProps) {
  const { title, help, variable, isFitting } = EDITABLE[name];
  const [text, setText] = useState(String(setting.value));
  const change = useAdminChange<UpdateSettings>(
    { path: () => '/admin/settings', method: 'PATCH', body: (input) => input },
    { onDone: onClose, isRefusalShown: true },
  );
  const isReady = text.trim() !== '' && isFitting(Number(text));
  const otherwise = setting.otherSource === 'environment' ? variable : 'the default';
  return (
    <ChangeDialog
      title={title}
      keep="Cancel"
      submit="Save setting"
      isReady={isReady}
      change={change}
      onSubmit={() => change.mutate({ [name]: Number(text) })}
      onClose={onClose}
    >
      <TextField label="Hours" help={help} isNumber autoFocus value={text} onChange={setText} />
      {setting.source === 'database' && (
        <Button
          variant="minimal"
          text={`Use ${otherwise} again: ${inHours(setting.otherwise)}`}
          disabled={change.isPending}
          onClick={() => change.mutate({ [name]: null })}
        />
      )}
    </ChangeDialog>
  );
}
