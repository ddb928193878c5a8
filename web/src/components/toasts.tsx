import { Button, OverlayToaster } from '@blueprintjs/core';
import { Cross } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Link, useLocation } from 'react-router';
import { tellKeptEnds } from '../tell-end.ts';
import { setToaster, type Toast } from '../toaster.ts';
import { OPERATIONS_PARAM } from './operations-button.tsx';

/** In milliseconds. */
const TIMEOUT = 5_000;
const UNDO_TIMEOUT = 10_000;

/** Where toasts appear, and what this tab has still to tell its user; rendered once. */
export function Toasts({ userId }: { userId: string }) {
  const client = useQueryClient();
  const ref = useRef<OverlayToaster>(null);
  useEffect(() => {
    let count = 0;
    setToaster(({ link, undo, message, key, timeout = undo ? UNDO_TIMEOUT : TIMEOUT, ...toast }) => {
      count += 1;
      const dismiss = () => shown && ref.current?.dismiss(shown);
      const words = (
        <>
          {link ? <Linked message={message} link={link} onFollow={dismiss} /> : message}
          {undo && <Undo onUndo={undo} onDone={dismiss} />}
        </>
      );
      const shown = ref.current?.show(
        {
          ...toast,
          message: words,
          // Blueprint's timer runs on for a message in the place of another, unless it is given another time: each gets one
          // that no other has, by a thousandth of a millisecond.
          timeout: timeout + count / 1_000,
          // Blueprint's own is called "Close" in every language.
          isCloseButtonShown: false,
          action: closeAction(),
        },
        key,
      );
    });
    return () => setToaster(null);
  }, []);
  useEffect(() => tellKeptEnds(client, userId), [client, userId]);
  return <OverlayToaster ref={ref} position="bottom-right" maxToasts={4} />;
}

function closeAction() {
  return { icon: <Cross />, 'aria-label': t`Close` };
}

function Undo({ onUndo, onDone }: { onUndo: () => void; onDone: () => void }) {
  return (
    <>
      {' '}
      <Button
        className="toast-undo"
        size="small"
        variant="minimal"
        text={t`Undo`}
        onClick={() => {
          onUndo();
          onDone();
        }}
      />
    </>
  );
}

interface LinkedProps {
  message: string;
  link: NonNullable<Toast['link']>;
  onFollow: () => void;
}

function Linked({ message, link: { text, to }, onFollow }: LinkedProps) {
  const { pathname, search } = useLocation();
  const params = new URLSearchParams(search);
  const isThere = to === 'operations' ? params.has(OPERATIONS_PARAM) : to === pathname;
  if (to === 'operations') params.set(OPERATIONS_PARAM, 'open');
  return (
    <>
      {message}
      {!isThere && (
        <>
          {' '}
          <Link to={to === 'operations' ? { search: `?${params}` } : to} onClick={onFollow}>
            {text}
          </Link>
        </>
      )}
    </>
  );
}
