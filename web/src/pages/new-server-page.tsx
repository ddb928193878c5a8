import { type FormEvent, useRef, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { ChevronLeft, Lock } from '@blueprintjs/icons';
import { Spinner } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { Plan, Template } from '../../../contract/catalog.ts';
import type { CreateServer } from '../../../contract/servers.ts';
import { ErrorState } from '../components/error-state.tsx';
import { NoticeState } from '../components/notice-state.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { focusWrong } from '../focus-wrong.ts';
import { useAvailability } from '../hooks/use-availability.ts';
import { usePlans, useTemplates } from '../hooks/use-catalog.ts';
import { PartlyOrdered, useCreateServers } from '../hooks/use-create-servers.ts';
import { useOrderingAccounts } from '../hooks/use-forbidden.ts';
import { useOrderedFor } from '../hooks/use-ordered-for.ts';
import { useUser } from '../hooks/use-user.ts';
import { AccessFields } from './access-fields.tsx';
import { useKeptKeys } from './kept-keys.tsx';
import { LocationCards } from './location-cards.tsx';
import { initialDraft, keepDraft, linkTo } from './new-server-draft.ts';
import { LabelsField, NameField } from './new-server-fields.tsx';
import {
  type DraftField,
  type FieldErrors,
  keptKeyIds,
  parseDraft,
  refusalErrors,
  refusalRest,
} from './new-server-form.ts';
import { NewServerSummary } from './new-server-summary.tsx';
import { NoAccessDialog } from './no-access-dialog.tsx';
import { PlanCards, stock } from './plan-cards.tsx';
import { TemplateCards } from './template-cards.tsx';
import { UserDataField } from './user-data-field.tsx';

/** Orders a server; after that its own page shows it being built. */
export function NewServerPage() {
  const plans = usePlans();
  const templates = useTemplates();
  const isForbidden = useOrderingAccounts()?.length === 0;
  const failed = [plans, templates].find((query) => query.isError);
  return (
    <div className="page">
      <PageTitle text={t`Create server`} />
      <Link to="/" className="back-link">
        <Trans>
          <ChevronLeft size={14} /> Servers
        </Trans>
      </Link>
      <h1>
        <Trans>Create server</Trans>
      </h1>
      {isForbidden ? (
        <NoticeState
          level={2}
          icon={<Lock size={40} />}
          title={t`Your role does not allow ordering servers`}
          description={t`Ask an owner of the account for a role that does.`}
        />
      ) : failed?.error ? (
        <ErrorState
          title={t`Plans and templates could not be read`}
          error={failed.error}
          onRetry={() => void Promise.all([plans.refetch(), templates.refetch()])}
        />
      ) : plans.data && templates.data ? (
        <NewServerForm plans={plans.data} templates={templates.data} />
      ) : (
        <Spinner className="page-spinner" aria-label={t`Loading`} />
      )}
    </div>
  );
}

function NewServerForm({ plans, templates }: { plans: Plan[]; templates: Template[] }) {
  const [params, setParams] = useSearchParams();
  const [typed, setDraft] = useState(() => initialDraft(params, templates[0]?.id ?? ''));
  const [errors, setErrors] = useState<FieldErrors>({});
  const [isAsked, setIsAsked] = useState(false);
  const [isAccessWaived, setIsAccessWaived] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const navigate = useNavigate();
  const create = useCreateServers((accepted) => {
    keepDraft(null);
    const [first] = accepted;
    void navigate(accepted.length === 1 && first ? `/servers/${first.server.id}` : '/');
  });
  const account = useOrderedFor();
  const user = useUser();
  const accountId = account?.id ?? user?.accounts[0]?.id;
  // Another account keeps other keys, and one may be gone since.
  const draft = { ...typed, sshKeyIds: useKeptKeys(accountId, keptKeyIds(typed)).join(' ') };
  const availability = useAvailability(draft.templateId);
  const template = templates.find((candidate) => candidate.id === draft.templateId);
  const chosenPlan = plans.find((candidate) => candidate.id === draft.planId);
  const isTooSmall = chosenPlan && template && chosenPlan.diskGib < template.minDiskGib;
  const isSoldOut = chosenPlan && stock(availability, chosenPlan, draft.location)?.servers === 0;
  const plan = isTooSmall || isSoldOut ? undefined : chosenPlan;

  function change(field: DraftField, value: string): void {
    const changed = { ...draft, [field]: value };
    setDraft(changed);
    keepDraft(changed);
    setParams(linkTo(changed), { replace: true, preventScrollReset: true });
    setErrors((before) => Object.fromEntries(Object.entries(before).filter(([name]) => name !== field)));
  }

  function show(found: FieldErrors): void {
    setErrors(found);
    focusWrong(form.current);
  }

  const parsed = parseDraft({ ...draft, planId: plan?.id ?? '' }, account?.id);

  function submit(event: FormEvent): void {
    event.preventDefault();
    if ('errors' in parsed) return show(parsed.errors);
    if (!isAccessWaived && parsed.orders.every(hasNoAccess)) return setIsAsked(true);
    order(parsed.orders);
  }

  function order(orders: CreateServer[]): void {
    create.mutate(orders, { onError: (error) => show(refusalErrors(reasonOf(error), draft)) });
  }

  const field = { draft, errors, onChange: change };
  return (
    <form ref={form} className="new-server" noValidate onSubmit={submit} aria-label={t`Create server`}>
      <div className="new-server-fields">
        <NameField {...field} />
        <LocationCards availability={availability} {...field} />
        <TemplateCards templates={templates} {...field} />
        <PlanCards plans={plans} template={template} availability={availability} {...field} />
        <AccessFields {...field} template={template} accountId={accountId} />
        <LabelsField {...field} />
        <UserDataField {...field} />
      </div>
      <NewServerSummary
        draft={draft}
        accountName={account?.name}
        template={template}
        plan={plan}
        order={'orders' in parsed ? parsed.orders[0] : undefined}
        isBusy={create.isPending}
        error={refusalRest(create.error, draft)}
        fieldErrors={Object.values(errors)}
      />
      {isAsked && 'orders' in parsed && (
        <NoAccessDialog
          count={parsed.orders.length}
          onCreate={() => {
            setIsAsked(false);
            setIsAccessWaived(true);
            order(parsed.orders);
          }}
          onAddAccess={() => {
            setIsAsked(false);
            // The dialog keeps the focus until it is gone.
            setTimeout(() => form.current?.querySelector<HTMLElement>('#new-sshKeys')?.focus(), 0);
          }}
        />
      )}
    </form>
  );
}

/** User data that speaks of keys or passwords may let somebody in. */
const hasNoAccess = ({ sshKeys, sshKeyIds, password, userData }: CreateServer): boolean =>
  !sshKeys?.length && !sshKeyIds?.length && !password && !/ssh_|passw/i.test(userData ?? '');

const reasonOf = (error: unknown): unknown => (error instanceof PartlyOrdered ? error.reason : error);
