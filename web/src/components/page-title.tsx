/** The title of the browser's tab for the page that renders it. */
export function PageTitle({ text }: { text: string }) {
  return <title>{`${text} · Berth`}</title>;
}
