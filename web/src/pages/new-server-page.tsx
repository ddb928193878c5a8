import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { ChevronLeft } from '@blueprintjs/icons';
import { Spinner } from '@blueprintjs/core';
import type { Plan, Template } from '../../../contract/catalog.ts';
import type { CreateServer } from '../../../contract/servers.ts';
import { createServer } from '../api.ts';
import { ErrorState } from '../components/error-state.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { usePlans, useTemplates } from '../hooks/use-catalog.ts';
import { useSubmit } from '../hooks/use-submit.ts';
import { applyAccepted } from '../live-cache.ts';
import { AccessFields, NameField, UserDataField } from './new-server-fields.tsx';
import {
  type DraftField,
  type FieldErrors,
  type NewServerDraft,
  parseDraft,
  refusalErrors,
} from './new-server-form.ts';
import { NewServerSummary } from './new-server-summary.tsx';
import { PlanCards } from './plan-cards.tsx';
import { suggestName } from './suggest-name.ts';
import { TemplateCards } from './template-cards.tsx';

/** Orders a server; after that its own page shows it being built. */
export function NewServerPage() {
  const plans = usePlans();
  const templates = useTemplates();
  const failed = [plans, templates].find((query) => query.isError);
  return (
    <div className="page">
      <PageTitle text="Create server" />
      <Link to="/" className="back-link">
        <ChevronLeft size={14} /> Servers
      </Link>
      <h1>Create server</h1>
      {failed?.error ? (
        <ErrorState
          title="Plans and templates could not be read"
          error={failed.error}
          onRetry={() => void Promise.all([plans.refetch(), templates.refetch()])}
        />
      ) : plans.data && templates.data ? (
        <NewServerForm plans={plans.data} templates={templates.data} />
      ) : (
        <Spinner className="page-spinner" aria-label="Loading" />
      )}
    </div>
  );
}

function NewServerForm({ plans, templates }: { plans: Plan[]; templates: Template[] }) {
  const [draft, setDraft] = useState<NewServerDraft>(() => ({
    name: suggestName(),
    templateId: templates[0]?.id ?? '',
    planId: '',
    sshKeys: '',
    password: '',
    userData: '',
  }));
  const [errors, setErrors] = useState<FieldErrors>({});
  const form = useRef<HTMLFormElement>(null);
  const create = useCreate();
  const template = templates.find((candidate) => candidate.id === draft.templateId);
  const chosenPlan = plans.find((candidate) => candidate.id === draft.planId);
  const plan = chosenPlan && template && chosenPlan.diskGib < template.minDiskGib ? undefined : chosenPlan;

  function change(field: DraftField, value: string): void {
    setDraft((before) => ({ ...before, [field]: value }));
    setErrors((before) => Object.fromEntries(Object.entries(before).filter(([name]) => name !== field)));
  }

  function show(found: FieldErrors): void {
    setErrors(found);
    // The field is marked in the next render; only then can it be found.
    setTimeout(
      () => form.current?.querySelector<HTMLElement>('[aria-invalid="true"], .choice-error')?.focus(),
      0,
    );
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    const parsed = parseDraft({ ...draft, planId: plan?.id ?? '' });
    if ('errors' in parsed) return show(parsed.errors);
    create.mutate(parsed.body, { onError: (error) => show(refusalErrors(error, draft)) });
  }

  const field = { draft, errors, onChange: change };
  const isFieldRefusal = create.error !== null && Object.keys(refusalErrors(create.error, draft)).length > 0;
  return (
    <form ref={form} className="new-server" noValidate onSubmit={submit} aria-label="Create server">
      <div className="new-server-fields">
        <NameField {...field} />
        <TemplateCards templates={templates} {...field} />
        <PlanCards plans={plans} template={template} {...field} />
        <AccessFields {...field} template={template} />
        <UserDataField {...field} />
      </div>
      <NewServerSummary
        draft={draft}
        template={template}
        plan={plan}
        isBusy={create.isPending}
        error={isFieldRefusal ? null : create.error}
        hasFieldErrors={Object.keys(errors).length > 0}
      />
    </form>
  );
}

function useCreate() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const submit = useSubmit();
  return useMutation({
    mutationFn: (body: CreateServer) => submit(body, (key) => createServer(body, key)),
    onSuccess: async (accepted) => {
      applyAccepted(client, accepted);
      await navigate(`/servers/${accepted.server.id}`);
    },
  });
}
