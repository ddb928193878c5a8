import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Callout, FormGroup } from '@blueprintjs/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useNavigate } from 'react-router';
import type { AdoptionPreview, AdoptVm, PreviewAdoption } from '../../../contract/adoptions.ts';
import type { ManagedPlan } from '../../../contract/catalog.ts';
import type { UnclaimedVm } from '../../../contract/clusters.ts';
import type { ManagedAccount } from '../../../contract/people.ts';
import type { Accepted } from '../../../contract/servers.ts';
import { json } from '../api.ts';
import { Fact } from '../components/facts.tsx';
import { SearchField } from '../components/search-field.tsx';
import { Select } from '../components/select.tsx';
import { TextField } from '../components/text-field.tsx';
import { formatDisk, formatMemory } from '../format-size.ts';
import { useFields } from '../hooks/use-fields.ts';
import { applyAccepted } from '../live-cache.ts';
import { ChangeDialog } from '../pages/change-dialog.tsx';
import { powerWord } from './state-words.ts';
import { useAdminChange, useRows } from './use-admin.ts';
import { inLanguage } from '../contract-words.ts';

interface AdoptDialogProps {
  clusterId: string;
  vm: UnclaimedVm;
  onClose: () => void;
}

/** Makes a VM a server: first what that would record and change is shown, then exactly that is done. */
export function AdoptDialog({ clusterId, vm: { vmid, name: vmName }, onClose }: AdoptDialogProps) {
  const id = useId();
  const [search, setSearch] = useState('');
  const [account, setAccount] = useState('');
  const [planId, setPlan] = useState('');
  const [name, setName] = useState('');
  const accounts = useRows<ManagedAccount>('/admin/accounts', { search });
  const plans = useRows<ManagedPlan>('/admin/plans');
  // What a search has left out is chosen no longer.
  const accountId = accounts.items.find((found) => found.id === account)?.id;
  const wish: PreviewAdoption | null = accountId
    ? {
        clusterId,
        vmid,
        accountId,
        ...(name.trim() ? { name: name.trim() } : {}),
        ...(planId ? { planId } : {}),
      }
    : null;
  const { preview, adopt, shown } = useAdoption(wish);
  const isShown = shown !== undefined && shown.obstacles.length === 0;
  const error = adopt.error ?? preview.error;
  const fields = useFields(
    { accountId: wish ? null : t`Choose the account that will own it`, planId: null, name: null },
    error,
  );
  const { wrong } = fields;
  return (
    <ChangeDialog
      title={t`Adopt ${vmName ?? `VM ${vmid}`}`}
      className="wide-dialog"
      keep={t`Cancel`}
      submit={isShown ? t`Adopt VM` : t`Show what changes`}
      fields={fields}
      change={{ isPending: preview.isPending || adopt.isPending, error }}
      onSubmit={() => {
        if (!wish) return;
        if (isShown) adopt.mutate({ ...wish, digest: shown.digest });
        else {
          adopt.reset();
          preview.mutate(wish);
        }
      }}
      onClose={onClose}
    >
      <FormGroup
        label={t`Account`}
        labelFor={`${id}-account`}
        intent={wrong.accountId ? 'danger' : 'none'}
        helperText={<span id={`${id}-account-help`}>{wrong.accountId ?? t`Who will own the server.`}</span>}
      >
        <div className="search-above">
          <SearchField
            label={t`Search accounts`}
            placeholder={t`Name, or e-mail address of a member`}
            value={search}
            onSearch={setSearch}
          />
        </div>
        <Select
          className="sensitive"
          id={`${id}-account`}
          fill
          aria-invalid={wrong.accountId !== null}
          aria-describedby={`${id}-account-help`}
          value={accountId ?? ''}
          onChange={(event) => setAccount(event.currentTarget.value)}
        >
          <option value="" disabled>
            {accounts.query.isPending
              ? t`Loading…`
              : accounts.items.length > 0
                ? t`Choose one`
                : t`No account matches`}
          </option>
          {accounts.items.map((found) => (
            <option key={found.id} value={found.id}>
              {[found.name, ...found.members.slice(0, 1).map(({ email }) => email)].join(' · ')}
            </option>
          ))}
        </Select>
      </FormGroup>
      <div className="form-grid">
        <FormGroup
          label={t`Plan`}
          labelFor={`${id}-plan`}
          intent={wrong.planId ? 'danger' : 'none'}
          helperText={wrong.planId && <span id={`${id}-plan-help`}>{wrong.planId}</span>}
        >
          <Select
            id={`${id}-plan`}
            fill
            aria-invalid={wrong.planId !== null}
            aria-describedby={wrong.planId ? `${id}-plan-help` : undefined}
            value={planId}
            onChange={(event) => setPlan(event.currentTarget.value)}
          >
            <option value="">
              <Trans>None: its size as it is</Trans>
            </option>
            {plans.items.map((plan) => (
              <option key={plan.id} value={plan.id}>
                {plan.name}
              </option>
            ))}
          </Select>
        </FormGroup>
        <TextField
          label={t`Name`}
          help={t`Empty: made of the VM’s name.`}
          wrong={wrong.name}
          value={name}
          onChange={setName}
        />
      </div>
      <div role="status">{shown && <Preview preview={shown} />}</div>
    </ChangeDialog>
  );
}

/** What adopting would do as it was last shown for this wish, and the deed, which leads to the server. */
function useAdoption(wish: PreviewAdoption | null) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const preview = useMutation({
    mutationFn: (body: PreviewAdoption) =>
      json<AdoptionPreview>('/admin/adoptions/preview', { method: 'POST', body }),
  });
  const adopt = useAdminChange<AdoptVm, Accepted>(
    { path: () => '/admin/adoptions', body: (input) => input },
    {
      isRefusalShown: true,
      onDone: (accepted) => {
        applyAccepted(client, accepted);
        void navigate(`/servers/${accepted.server.id}`);
      },
    },
  );
  const isOfThis = JSON.stringify(preview.variables) === JSON.stringify(wish);
  // Whoever was refused looks again at what is there now.
  return { preview, adopt, shown: isOfThis && !adopt.isError ? preview.data : undefined };
}

function Preview({ preview: { status, record, changes, obstacles } }: { preview: AdoptionPreview }) {
  const { name, node, plan, os, vcpu, memoryMib, diskGib, addresses } = record;
  return (
    <>
      {obstacles.map(({ problem, problemSaid, remedy, remedySaid }) => (
        <Callout key={problem} compact intent="danger">
          <p className="callout-title">{inLanguage(problem, problemSaid)}</p>
          <p className="callout-text">{inLanguage(remedy, remedySaid)}</p>
        </Callout>
      ))}
      <h3>
        <Trans>What is recorded</Trans>
      </h3>
      <dl>
        <Fact name={t`Name`}>{name ?? t`has to be given`}</Fact>
        <Fact name={t`Status`}>{powerWord(status)}</Fact>
        <Fact name={t`Node`}>{node}</Fact>
        <Fact name={t`Plan`}>{plan}</Fact>
        <Fact name={t`System`}>{os ?? t`unknown`}</Fact>
        <Fact name={t`Size`}>{`${vcpu} vCPU · ${formatMemory(memoryMib)} · ${formatDisk(diskGib)}`}</Fact>
        <Fact name={t`Addresses`}>{addresses.join(', ') || t`none`}</Fact>
        <Fact name={t`Deletion`}>
          <Trans>protected</Trans>
        </Fact>
      </dl>
      <h3>
        <Trans>What is changed on the VM</Trans>
      </h3>
      {changes.map(({ property, from, to }) => (
        <div key={property} className="adoption-change">
          <strong>{property}</strong>
          <del>{from || t`(nothing)`}</del>
          <ins>{to}</ins>
        </div>
      ))}
    </>
  );
}
