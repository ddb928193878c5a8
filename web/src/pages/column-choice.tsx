import { Checkbox } from '@blueprintjs/core';
import { Trans } from '@lingui/react/macro';
import { useStore } from '../hooks/use-store.ts';
import { type Column, columnStore, COLUMNS, toggleColumn } from '../server-columns.ts';

/** Which columns the list has. */
export function ColumnChoice() {
  const shown = useStore(columnStore);
  return (
    <fieldset className="popover-form">
      <legend>
        <Trans>Columns</Trans>
      </legend>
      {Object.entries(COLUMNS).map(([column, label]) => (
        <Checkbox
          key={column}
          label={label}
          checked={shown.includes(column as Column)}
          onChange={() => toggleColumn(column as Column)}
        />
      ))}
    </fieldset>
  );
}
