import '@blueprintjs/select/lib/css/blueprint-select.css';
import { MenuItem } from '@blueprintjs/core';
import { Omnibar } from '@blueprintjs/select';
import { t } from '@lingui/core/macro';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMatch, useNavigate } from 'react-router';
import type { PowerAction, Server } from '../../../contract/servers.ts';
import { listServers } from '../api.ts';
import { STATUS_WORDS } from '../server-words.ts';
import { useOrderingAccounts } from '../hooks/use-forbidden.ts';
import { useReturnFocus } from '../hooks/use-return-focus.ts';
import { canMask, maskStore } from '../mask.ts';
import { POWER_ACTIONS } from '../operation-words.ts';
import { logOut } from '../session.ts';
import { setTheme } from '../theme.ts';

interface Goal {
  id: string;
  text: string;
  hint: string;
  go: () => void;
}

const MOST_SERVERS = 8;

/** One field to get to any server and to do what is done often. */
export function JumpBar({ onClose }: { onClose: () => void }) {
  useReturnFocus();
  const [query, setQuery] = useState('');
  const words = query.trim().toLowerCase().split(/\s+/);
  const actions = useActions().filter(({ text }) => words.every((word) => text.toLowerCase().includes(word)));
  const goals = [...useServerGoals(query.trim()), ...actions];
  return (
    <Omnibar<Goal>
      isOpen
      items={goals}
      query={query}
      onQueryChange={setQuery}
      resetOnQuery
      itemListPredicate={(_, items) => items}
      itemRenderer={({ id, text, hint }, { ref, handleClick, handleFocus, modifiers }) => (
        <MenuItem
          key={id}
          ref={ref}
          roleStructure="listoption"
          text={text}
          label={hint}
          active={modifiers.active}
          onClick={handleClick}
          {...(handleFocus ? { onFocus: handleFocus } : {})}
        />
      )}
      noResults={<MenuItem disabled text={t`Nothing of that name`} roleStructure="listoption" />}
      inputProps={{ placeholder: t`Server, address or action`, 'aria-label': t`Jump to` }}
      onItemSelect={({ go }) => {
        onClose();
        go();
      }}
      onClose={onClose}
    />
  );
}

const hasWord = ({ name, ipAddresses }: Server, search: string): boolean =>
  [name, ...ipAddresses.map(({ address }) => address)].some((text) =>
    text.toLowerCase().includes(search.toLowerCase()),
  );

function useServerGoals(search: string): Goal[] {
  const navigate = useNavigate();
  const { data, isPlaceholderData } = useQuery({
    queryKey: ['jump', search],
    queryFn: async ({ signal }) =>
      listServers({ search, status: '', label: '', account: '', sort: '' }, null, signal),
    placeholderData: keepPreviousData,
  });
  const items = data?.items ?? [];
  // Until the answer is there, those of the one before that fit: Enter must not open another server.
  const known = isPlaceholderData ? items.filter((server) => hasWord(server, search)) : items;
  return known.slice(0, MOST_SERVERS).map(({ id, name, status, ipAddresses: [first] }) => ({
    id,
    text: name,
    hint: [first?.address, STATUS_WORDS[status]].filter(Boolean).join(' · '),
    go: () => void navigate(`/servers/${id}`),
  }));
}

function useActions(): Goal[] {
  const navigate = useNavigate();
  const mayOrder = useOrderingAccounts()?.length !== 0;
  const path = useMatch('/servers/:id')?.pathname;
  const server = path === '/servers/new' ? undefined : path;
  const action = (text: string, hint: string, go: () => void): Goal => ({ id: text, text, hint, go });
  return [
    ...(server
      ? Object.entries(POWER_ACTIONS).map(([power, { label }]) =>
          action(
            t`${label} this server`,
            t`asks first`,
            () => void navigate(server, { replace: true, state: { power: power as PowerAction } }),
          ),
        )
      : []),
    action(t`Servers`, 'g s', () => void navigate('/')),
    ...(mayOrder ? [action(t`Create server`, 'g n', () => void navigate('/servers/new'))] : []),
    action(t`Operations`, '', () => void navigate('?operations=open')),
    action(t`Light theme`, '', () => setTheme('light')),
    action(t`Dark theme`, '', () => setTheme('dark')),
    ...(canMask()
      ? [
          maskStore.get()
            ? action(t`Show everything`, '', () => maskStore.set(false))
            : action(t`Mask for screenshots`, '', () => maskStore.set(true)),
        ]
      : []),
    action(t`Log out`, '', () => void logOut()),
  ];
}
