import { Button } from '@blueprintjs/core';
import { Bookmark } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { latePopover } from '../components/late-popover.tsx';
import { useStore } from '../hooks/use-store.ts';
import { savedViews } from '../saved-views.ts';
import { filterQuery } from '../server-filter.ts';
import type { SavedViewsProps } from './saved-views-list.tsx';

const ViewsPopover = latePopover(async () => (await import('./saved-views-list.tsx')).SavedViewsList);

/** The view that is shown, and the way to the others. */
export function SavedViews(props: SavedViewsProps) {
  const query = filterQuery(props.filter);
  const present = useStore(savedViews).find((view) => view.query === query);
  return (
    <ViewsPopover content={props} button={<Button icon={<Bookmark />} text={present?.name ?? t`Views`} />} />
  );
}
