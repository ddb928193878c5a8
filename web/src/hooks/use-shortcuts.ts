import { useEffect, useRef } from 'react';
import { useNavigate } from 'react-router';
import { createRemembered } from '../remembered.ts';

/** Single keys are in the way of those who dictate, so they can be switched off. */
export const singleKeys = createRemembered<boolean>('berth-single-keys', true, (value) => value !== false);

const SEQUENCE_MS = 1_500;
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName)) &&
  !(target instanceof HTMLInputElement && /^(checkbox|radio|button)$/.test(target.type));

const isCovered = (): boolean =>
  document.querySelector('[role="dialog"], .bp6-omnibar, .bp6-drawer') !== null;

/** Follows the keyboard everywhere but in fields and dialogs. */
export function useShortcuts({ onHelp, onOmnibar }: { onHelp: () => void; onOmnibar: () => void }): void {
  const navigate = useNavigate();
  const goAt = useRef(-Infinity);
  useEffect(() => {
    const goTo: Record<string, () => void> = {
      s: () => void navigate('/'),
      n: () => void navigate('/servers/new'),
    };
    const alone: Record<string, () => void> = {
      '/': () => {
        const field = document.getElementById('server-search');
        if (field) field.focus();
        else void navigate('/', { state: { focus: 'search' } });
      },
      '?': onHelp,
    };
    const act = (event: KeyboardEvent, deed: (() => void) | undefined): void => {
      if (!deed) return;
      event.preventDefault();
      deed();
    };
    const onKey = (event: KeyboardEvent): void => {
      if (isCovered()) return;
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k')
        return act(event, onOmnibar);
      if (!singleKeys.get() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
        return;
      const isSecond = event.timeStamp - goAt.current < SEQUENCE_MS;
      goAt.current = event.key === 'g' ? event.timeStamp : -Infinity;
      act(event, isSecond ? goTo[event.key] : alone[event.key]);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [navigate, onHelp, onOmnibar]);
}
