import type { ReactNode } from 'react';
import { PageTitle } from '../components/page-title.tsx';

interface AdminPageProps {
  title: string;
  /** What the page is about, where the title does not say it. */
  about?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}

/** A page of the administration with its heading. */
export function AdminPage({ title, about, action, children }: AdminPageProps) {
  return (
    <>
      <PageTitle text={title} />
      <div className="page-head">
        <h1>{title}</h1>
        {action}
      </div>
      {about && <p className="admin-about">{about}</p>}
      {children}
    </>
  );
}
