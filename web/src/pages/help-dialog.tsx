import { DialogBody, Switch } from '@blueprintjs/core';
import { t } from '@lingui/core/macro';
import { Dialog } from '../components/dialog.tsx';
import { useReturnFocus } from '../hooks/use-return-focus.ts';
import { singleKeys } from '../hooks/use-shortcuts.ts';
import { useStore } from '../hooks/use-store.ts';

const KEYS: [keys: string[], effect: () => string][] = [
  [['Ctrl', 'K'], () => t`Jump to a server or do something (⌘ K on a Mac)`],
  [['/'], () => t`Search the servers`],
  [['g', 's'], () => t`Go to the servers`],
  [['g', 'n'], () => t`Create a server`],
  [['?'], () => t`Show this help`],
  [['Esc'], () => t`Close what is open`],
];

/** What the keyboard does. */
export function HelpDialog({ onClose }: { onClose: () => void }) {
  useReturnFocus();
  const isOn = useStore(singleKeys);
  return (
    <Dialog isOpen title={t`Keyboard`} onClose={onClose} className="narrow-dialog">
      <DialogBody>
        <dl className="shortcuts">
          {KEYS.map(([keys, effect]) => (
            <div key={keys.join()}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{effect()}</dd>
            </div>
          ))}
        </dl>
        <Switch
          role="switch"
          label={t`Shortcuts of single keys`}
          checked={isOn}
          onChange={(event) => singleKeys.set(event.currentTarget.checked)}
        />
      </DialogBody>
    </Dialog>
  );
}
