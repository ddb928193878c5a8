import { Classes } from '@blueprintjs/core';

interface PickBoxProps {
  label: string;
  isPicked: boolean;
  /** `isRange`: with the shift key. */
  onPick: (isRange: boolean) => void;
}

const INDICATOR = <span className={Classes.CONTROL_INDICATOR} />;

/** Picks a row of a list. Looks like Blueprint's checkbox, which takes too long to render where there are many. */
export function PickBox({ label, isPicked, onPick }: PickBoxProps) {
  return (
    <label className={`${Classes.CONTROL} ${Classes.CHECKBOX} row-pick`}>
      <input
        type="checkbox"
        className={Classes.CONTROL_INPUT}
        aria-label={label}
        checked={isPicked}
        onChange={({ nativeEvent }) => onPick(nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)}
      />
      {INDICATOR}
    </label>
  );
}
