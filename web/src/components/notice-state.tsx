import { NonIdealState } from '@blueprintjs/core';
import type { ReactElement, ReactNode } from 'react';

interface NoticeStateProps {
  icon: ReactElement;
  title: string;
  /** The heading's level: 1 where it is the whole page. */
  level: 1 | 2;
  description?: ReactNode;
  action?: ReactElement;
}

/** Blueprint's state for "nothing to show", with a heading that fits into the page's outline. */
export function NoticeState({ icon, title, level, description, action }: NoticeStateProps) {
  const Heading = level === 1 ? 'h1' : 'h2';
  return (
    <NonIdealState
      className="notice-state"
      icon={icon}
      description={
        <>
          <Heading>{title}</Heading>
          {description}
        </>
      }
      {...(action ? { action } : {})}
    />
  );
}
