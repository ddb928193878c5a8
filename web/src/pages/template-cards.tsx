import { t } from '@lingui/core/macro';
import type { Template } from '../../../contract/catalog.ts';
import { formatDisk } from '../format-size.ts';
import { ChoiceCards } from './choice-cards.tsx';
import type { FieldProps } from './new-server-fields.tsx';

/** The systems a server can start with. */
export function TemplateCards({
  templates,
  draft,
  errors,
  onChange,
}: FieldProps & { templates: Template[] }) {
  return (
    <ChoiceCards
      legend={t`Template`}
      name="templateId"
      chosen={draft.templateId}
      error={errors.templateId}
      onChoose={(id) => onChange('templateId', id)}
      choices={templates.map((template) => ({
        id: template.id,
        title: template.name,
        details: (
          <>
            {systemOf(template)}
            <span>{t`user ${template.defaultUser} · needs a disk of ${formatDisk(template.minDiskGib)}`}</span>
          </>
        ),
        refusal: null,
      }))}
    />
  );
}

/** The system in words, unless the template's name says it already. */
function systemOf({ name, osName, osVersion }: Template) {
  const system = `${osName} ${osVersion}`;
  return name.startsWith(system) ? null : <span>{system}</span>;
}
