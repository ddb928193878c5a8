import { OverlayToaster } from '@blueprintjs/core';
import { useEffect, useRef } from 'react';
import { Link, useLocation } from 'react-router';
import { setToaster, type Toast } from '../toaster.ts';
import { OPERATIONS_PARAM } from './operations-button.tsx';

/** Where toasts appear; rendered once. */
export function Toasts() {
  const ref = useRef<OverlayToaster>(null);
  useEffect(() => {
    setToaster(({ link, message, ...toast }) => {
      const dismiss = () => key && ref.current?.dismiss(key);
      const words = link ? <Linked message={message} link={link} onFollow={dismiss} /> : message;
      const key = ref.current?.show({ ...toast, message: words });
    });
    return () => setToaster(null);
  }, []);
  return <OverlayToaster ref={ref} position="bottom-right" maxToasts={4} />;
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
