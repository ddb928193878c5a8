import type { Plan, Template } from '../../../contract/catalog.ts';
import { formatDisk, formatMemory, formatNetwork } from '../format-size.ts';
import { ChoiceCards } from './choice-cards.tsx';
import type { FieldProps } from './new-server-fields.tsx';

interface PlanCardsProps extends FieldProps {
  plans: Plan[];
  template: Template | undefined;
}

/** The sizes a server can have; one whose disk cannot hold the template cannot be chosen. */
export function PlanCards({ plans, template, draft, errors, onChange }: PlanCardsProps) {
  return (
    <ChoiceCards
      legend="Plan"
      name="planId"
      chosen={draft.planId}
      error={errors.planId}
      onChoose={(id) => onChange('planId', id)}
      choices={plans.map((plan) => ({
        id: plan.id,
        title: plan.name,
        details: (
          <>
            <span>{`${plan.vcpu} vCPU · ${formatMemory(plan.memoryMib)} memory`}</span>
            <span>{`${formatDisk(plan.diskGib)} disk`}</span>
            <span>{networkOf(plan)}</span>
          </>
        ),
        refusal:
          template && plan.diskGib < template.minDiskGib
            ? `${template.name} needs ${formatDisk(template.minDiskGib)} of disk`
            : null,
      }))}
    />
  );
}

function networkOf(plan: Plan): string {
  const traffic = plan.trafficGib === null ? 'unmetered' : `${formatDisk(plan.trafficGib)} per month`;
  return plan.networkMbps === null ? traffic : `${formatNetwork(plan.networkMbps)}, ${traffic}`;
}
