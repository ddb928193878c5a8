import type { ReactNode } from 'react';

/** A titled list of names and values. */
export function Facts({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="panel facts">
      <h2>{title}</h2>
      <dl>{children}</dl>
    </section>
  );
}

/** One of them. */
export function Fact({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
