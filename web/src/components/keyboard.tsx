import { lazy, Suspense, useCallback, useState } from 'react';
import { useShortcuts } from '../hooks/use-shortcuts.ts';
import { OnTheWay } from './on-the-way.tsx';

const HelpDialog = lazy(async () => ({ default: (await import('../pages/help-dialog.tsx')).HelpDialog }));
const JumpBar = lazy(async () => ({ default: (await import('../pages/jump-bar.tsx')).JumpBar }));

/** The shortcuts that hold on every page, and what they open. */
export function Keyboard() {
  const [open, setOpen] = useState<'help' | 'jump' | null>(null);
  const close = () => setOpen(null);
  useShortcuts({
    onHelp: useCallback(() => setOpen('help'), []),
    onOmnibar: useCallback(() => setOpen('jump'), []),
  });
  return (
    <Suspense fallback={<OnTheWay />}>
      {open === 'help' && <HelpDialog onClose={close} />}
      {open === 'jump' && <JumpBar onClose={close} />}
    </Suspense>
  );
}
