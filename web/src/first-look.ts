import { t } from '@lingui/core/macro';
import type { User } from '../../contract/auth.ts';
import type { Server, ServerList } from '../../contract/servers.ts';
import { formatAgo } from './format-time.ts';
import { CARD_PX, ROW_PX } from './row-heights.ts';
import { type Column, columnStore, COLUMNS } from './server-columns.ts';
import {
  addressToCome,
  otherAddresses,
  presentStep,
  serverOrigin,
  shownLabels,
  sizeText,
  STATUS_WORDS,
} from './server-words.ts';

const ID = 'first-look';

/**
 * Draws the first servers over the page while the code that can do more is still being set up: a picture, not to be
 * pressed or read aloud, that looks as the list will, which `endFirstLook` takes away. first-look.test.tsx holds the two together.
 */
export function drawFirstLook({ items }: ServerList, user: User): void {
  const isNarrow = matchMedia('(max-width: 700px)').matches;
  const shown = items.slice(0, Math.ceil(innerHeight / (isNarrow ? CARD_PX : ROW_PX)));
  const look = el('div', 'first-look', header(user), page(isNarrow ? cards(shown) : table(shown, user)));
  look.id = ID;
  look.inert = true;
  document.body.append(look);
}

/** Shows what is under the first look, if there is one. */
export function endFirstLook(): void {
  document.getElementById(ID)?.remove();
}

type Child = Node | string | false | null | undefined;

function el(tag: string, className: string, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

function header(user: User): HTMLElement {
  const mark = Object.assign(new Image(22, 22), { src: '/app/favicon.svg', alt: '' });
  const brand = el('a', 'brand-link', el('span', 'brand', mark, el('span', 'brand-name', 'Berth')));
  const nav = el(
    'nav',
    'main-nav',
    el('a', 'nav-link active', t`Servers`),
    user.role === 'admin' && el('a', 'nav-link', t`Admin`),
  );
  return el('header', 'header', el('div', 'header-inner', brand, nav));
}

const page = (list: HTMLElement): HTMLElement =>
  el(
    'main',
    '',
    el(
      'div',
      'page',
      el('div', 'page-head', el('h1', '', t`Servers`)),
      el('div', 'filter-bar server-filters'),
      list,
    ),
  );

function table(servers: Server[], user: User): HTMLElement {
  const columns = columnStore.get();
  const head = el(
    'tr',
    '',
    el('th', 'column-pick', el('label', 'bp6-control bp6-checkbox', indicator())),
    el('th', 'column-status', t`Status`),
    el('th', 'column-name', el('button', 'sort-button', t`Name`)),
    ...columns.map((column) =>
      el(
        'th',
        `column-${column}`,
        column === 'created' ? el('button', 'sort-button', COLUMNS.created) : COLUMNS[column],
      ),
    ),
  );
  const body = el('tbody', '', ...servers.map((server, index) => row(server, index, columns, user)));
  body.style.height = `${servers.length * ROW_PX}px`;
  return el('table', 'server-table', el('thead', '', head), body);
}

function row(server: Server, index: number, columns: readonly Column[], user: User): HTMLElement {
  const element = el(
    'tr',
    `rail rail-${server.status}`,
    el('td', 'column-pick', pick()),
    el('td', 'column-status', status(server), operation(server)),
    el('td', 'column-name', link(server), second(serverOrigin(server))),
    ...columns.map((column) => el('td', `column-${column}`, ...cell(column, server, user))),
  );
  element.style.top = `${index * ROW_PX}px`;
  return element;
}

function cell(column: Column, server: Server, user: User): Child[] {
  switch (column) {
    case 'plan':
      return [server.plan.name, size(server)];
    case 'address':
      return address(server);
    case 'place':
      return [
        server.location ?? server.node ?? unknown(),
        server.location && server.node && second(server.node),
      ];
    case 'labels':
      return [labels(server)];
    case 'account':
      return [el('span', 'sensitive', user.accounts.find(({ id }) => id === server.accountId)?.name ?? '–')];
    case 'created':
      return [el('time', '', formatAgo(Date.parse(server.createdAt), Date.now()))];
  }
}

const cards = (servers: Server[]): HTMLElement =>
  el('ul', 'server-cards', ...servers.map((server) => el('li', '', card(server))));

function card(server: Server): HTMLElement {
  const toCome = addressToCome(server);
  return el(
    'div',
    `server-card rail rail-${server.status}`,
    el('div', 'server-card-head', pick(), link(server), status(server)),
    operation(server),
    server.ipAddresses.length > 0 ? el('div', '', ...address(server)) : toCome && el('div', 'muted', toCome),
    el(
      'div',
      'server-card-foot',
      el('span', '', server.plan.name),
      size(server),
      el('span', 'muted', server.location ?? server.node),
    ),
    labels(server),
  );
}

const indicator = (): HTMLElement => el('span', 'bp6-control-indicator');
const pick = (): HTMLElement => el('label', 'bp6-control bp6-checkbox row-pick', indicator());
const second = (text: string): HTMLElement => el('span', 'second-line', text);
const unknown = (): HTMLElement => el('span', 'muted', '–');
const link = ({ name }: Server): HTMLElement => el('a', 'row-link', name);
const size = (server: Server): HTMLElement => el('span', 'second-line numeric', sizeText(server));

const status = (server: Server): HTMLElement =>
  el(
    'span',
    `status status-${server.status}`,
    el('span', 'status-mark'),
    STATUS_WORDS[server.status] ?? server.status,
  );

function operation({ operation: live }: Server): Child {
  if (!live) return null;
  const doing = presentStep(live);
  if (live.status === 'needs_attention') {
    const text = el('span', 'bp6-fill bp6-text-overflow-ellipsis', doing);
    return el('span', 'operation-line', el('span', 'bp6-tag bp6-minimal bp6-intent-warning attention', text));
  }
  const { percent } = live;
  const fill = el('div', 'percent-bar-fill');
  if (percent !== null) fill.style.width = `${percent}%`;
  return el(
    'span',
    'operation-line',
    el(
      'span',
      'operation-line-text',
      el('span', 'operation-line-step', doing),
      percent !== null && el('span', 'numeric', `${Math.round(percent)} %`),
    ),
    el('div', percent === null ? 'percent-bar percent-bar-busy' : 'percent-bar', fill),
  );
}

function address(server: Server): Child[] {
  const first = server.ipAddresses[0];
  if (!first) return [unknown()];
  const others = otherAddresses(server);
  const text = el('span', 'numeric address-text', first.address);
  const copy = el('button', 'bp6-button bp6-minimal bp6-small copy-button');
  return [
    el('span', 'address-first', text, copy),
    others && el('span', 'second-line numeric address-other', others),
  ];
}

function labels(server: Server): Child {
  const { shown, others, more } = shownLabels(server.labels);
  if (shown.length === 0) return null;
  const tags = shown.map((label) => el('button', 'bp6-tag bp6-minimal bp6-interactive', label));
  return el('span', 'row-labels', ...tags, others.length > 0 && second(more));
}
