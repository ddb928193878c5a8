import { Classes } from '@blueprintjs/core';
import { Duplicate, Tick } from '@blueprintjs/icons';
import { t } from '@lingui/core/macro';
import { useEffect, useState } from 'react';

const CLASS = `${Classes.BUTTON} ${Classes.MINIMAL} ${Classes.SMALL} copy-button`;

// The same elements every time, so that React has nothing to do for them.
const COPY = <Duplicate size={12} />;
const COPIED = <Tick size={12} />;

/** Copies `text`; `label` says what it is, for people who cannot see what it stands beside. A plain button, as long lists have many. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState<string | null>(null);
  const isCopied = copied === text;
  useEffect(() => {
    if (copied === null) return;
    const timer = setTimeout(() => setCopied(null), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button
      type="button"
      className={isCopied ? `${CLASS} ${Classes.INTENT_SUCCESS}` : CLASS}
      aria-label={isCopied ? t`Copied ${label}` : t`Copy ${label}`}
      title={isCopied ? t`Copied` : t`Copy`}
      onClick={() => void copy(text).then((isDone) => setCopied(isDone ? text : null))}
    >
      {isCopied ? COPIED : COPY}
    </button>
  );
}

/** The clipboard is missing where the page is served over plain HTTP; a selection works everywhere. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand?.('copy') ?? false;
    field.remove();
    return isCopied;
  }
}
