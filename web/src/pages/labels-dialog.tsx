import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { Server } from '../../../contract/servers.ts';
import { TextField } from '../components/text-field.tsx';
import { useFields } from '../hooks/use-fields.ts';
import { useUpdateServer } from '../hooks/use-update-server.ts';
import { ChangeDialog } from './change-dialog.tsx';

/** A server's labels as lines of text. */
export function LabelsDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const [text, setText] = useState(() =>
    Object.entries(server.labels)
      .map(([key, value]) => `${key}=${value}`)
      .join('\n'),
  );
  const update = useUpdateServer(server, onClose);
  const odd = lines(text).find((line) => !/^[^=]+=/.test(line));
  const fields = useFields(
    { labels: odd === undefined ? null : t`Write “${odd}” as key=value` },
    update.error,
  );
  return (
    <ChangeDialog
      title={t`Labels of ${server.name}`}
      keep={t`Cancel`}
      submit={t`Save labels`}
      fields={fields}
      change={update}
      onSubmit={() => update.mutate({ labels: parse(text) })}
      onClose={onClose}
    >
      <TextField
        label={t`Labels`}
        help={t`One per line, as key=value: env=production, say. They are yours to choose.`}
        rows={6}
        isCode
        autoFocus
        wrong={fields.wrong.labels}
        value={text}
        onChange={setText}
      />
    </ChangeDialog>
  );
}

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

function parse(text: string): Record<string, string> {
  return Object.fromEntries(
    lines(text).map((line) => {
      const [key = '', ...value] = line.split('=');
      return [key.trim(), value.join('=').trim()];
    }),
  );
}
