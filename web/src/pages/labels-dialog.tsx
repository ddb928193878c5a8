import { FormGroup, TextArea } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import type { Server } from '../../../contract/servers.ts';
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
  const wrong = lines(text).find((line) => !/^[^=]+=/.test(line));
  return (
    <ChangeDialog
      title={t`Labels of ${server.name}`}
      keep={t`Cancel`}
      submit={t`Save labels`}
      isReady={wrong === undefined}
      change={update}
      onSubmit={() => update.mutate({ labels: parse(text) })}
      onClose={onClose}
    >
      <FormGroup
        label={t`Labels`}
        labelFor="labels"
        intent={wrong ? 'danger' : 'none'}
        helperText={
          <span id="labels-help">
            {wrong
              ? t`Write “${wrong}” as key=value`
              : t`One per line, as key=value: env=production, say. They are yours to choose.`}
          </span>
        }
      >
        <TextArea
          id="labels"
          fill
          className="code-input"
          rows={6}
          spellCheck={false}
          autoFocus
          aria-describedby="labels-help"
          aria-invalid={wrong !== undefined}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </FormGroup>
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
