import { Button } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';

interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
}

/** The way to the next page of a list, while there is one. */
export function LoadMore({ hasNextPage, isFetchingNextPage, fetchNextPage }: Pages) {
  if (!hasNextPage) return null;
  return (
    <div className="load-more">
      <Button text={t`Load more`} loading={isFetchingNextPage} onClick={() => void fetchNextPage()} />
    </div>
  );
}
