import { t } from '@lingui/core/macro';
import { MOST_AVAILABLE, type Availability, type Plan, type Template } from '../../../contract/catalog.ts';
import { formatDisk, formatMemory, formatNetwork } from '../format-size.ts';
import { formatDuration } from '../format-time.ts';
import { ChoiceCards } from './choice-cards.tsx';
import type { FieldProps } from './new-server-fields.tsx';

const noRoom = (location: string): string =>
  location ? t`No room in ${location} at the moment` : t`No room at the moment`;

interface PlanCardsProps extends FieldProps {
  plans: Plan[];
  template: Template | undefined;
  /** Undefined until it is known. */
  availability: Availability[] | undefined;
}

/** The sizes a server can have; one whose disk cannot hold the template, or that has no room, cannot be chosen. */
export function PlanCards({ plans, template, availability, draft, errors, onChange }: PlanCardsProps) {
  const stockOf = (plan: Plan) => stock(availability, plan, draft.location);
  return (
    <ChoiceCards
      legend={t`Plan`}
      name="planId"
      chosen={draft.planId}
      error={errors.planId}
      onChoose={(id) => onChange('planId', id)}
      choices={plans.map((plan) => ({
        id: plan.id,
        title: plan.name,
        details: (
          <>
            <span>{t`${plan.vcpu} vCPU · ${formatMemory(plan.memoryMib)} memory`}</span>
            <span>{t`${formatDisk(plan.diskGib)} disk`}</span>
            <span>{networkOf(plan)}</span>
            {describeStock(stockOf(plan))}
          </>
        ),
        refusal:
          template && plan.diskGib < template.minDiskGib
            ? t`${template.name} needs ${formatDisk(template.minDiskGib)} of disk`
            : stockOf(plan)?.servers === 0
              ? noRoom(draft.location)
              : null,
      }))}
    />
  );
}

interface Stock {
  servers: number;
  usualSeconds: number | null;
}

/** How many there are, there or anywhere, and how soon the quickest place has one; null until that is known. */
export function stock(availability: Availability[] | undefined, plan: Plan, location: string): Stock | null {
  const places = availability?.filter(
    (one) => one.planId === plan.id && (location === '' || one.location === location),
  );
  if (!places || places.length === 0) return null;
  const known = places.flatMap(({ usualSeconds }) => usualSeconds ?? []);
  return {
    servers: places.reduce((sum, { servers }) => sum + servers, 0),
    usualSeconds: known.length > 0 ? Math.min(...known) : null,
  };
}

function describeStock(found: Stock | null) {
  if (!found || found.servers === 0) return null;
  const left = found.servers < MOST_AVAILABLE ? t`${found.servers} left` : null;
  const soon =
    found.usualSeconds === null ? null : t`ready in about ${formatDuration(found.usualSeconds * 1_000)}`;
  const words = [left, soon].filter(Boolean).join(' · ');
  return words ? <span>{words}</span> : null;
}

function networkOf(plan: Plan): string {
  const traffic = plan.trafficGib === null ? t`unmetered` : t`${formatDisk(plan.trafficGib)} per month`;
  return plan.networkMbps === null ? traffic : `${formatNetwork(plan.networkMbps)}, ${traffic}`;
}
