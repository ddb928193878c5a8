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
      legend="Template"
      name="templateId"
      chosen={draft.templateId}
      error={errors.templateId}
      onChoose={(id) => onChange('templateId', id)}
      choices={templates.map((template) => ({
        id: template.id,
        title: template.name,
        details: (
          <>
            <span>{`${template.osName} ${template.osVersion}`}</span>
            <span>{`user ${template.defaultUser} · from ${formatDisk(template.minDiskGib)}`}</span>
          </>
        ),
        refusal: null,
      }))}
    />
  );
}
