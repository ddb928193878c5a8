import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { Server, ServerPrice as Answer } from '../../../contract/servers.ts';
import { json } from '../api.ts';
import { Fact } from '../components/facts.tsx';
import { formatDate } from '../format-time.ts';
import { useForbidden } from '../hooks/use-forbidden.ts';
import { locale } from '../language.ts';

/** What a server that came from WHMCS costs, for those who may order; nothing where that is not known. */
export function ServerPrice({ server }: { server: Server }) {
  const isForbidden = useForbidden()(server, 'manage') !== null;
  const { data } = useQuery({
    queryKey: ['server-price', server.id],
    queryFn: ({ signal }) => json<Answer>(`/servers/${server.id}/price`, { signal }),
    enabled: !isForbidden,
  });
  if (!data?.price) return null;
  const { cycle, nextDue } = data.price;
  return (
    <Fact name={t`Price`}>
      <span className="numeric">{formatPrice(data.price)}</span> {cycleWords(cycle)}
      {nextDue && (
        <span className="second-line">
          <Trans>next due on {formatDate(`${nextDue}T00:00`)}</Trans>
        </span>
      )}
    </Fact>
  );
}

function formatPrice({ amount, currency }: NonNullable<Answer['price']>): string {
  try {
    return new Intl.NumberFormat(locale(), { style: 'currency', currency }).format(amount as `${number}`);
  } catch {
    return `${amount} ${currency}`; // WHMCS takes any word for a currency
  }
}

/** The eight cycles of WHMCS. */
function cycleWords(cycle: string): string {
  const words: Record<string, string> = {
    'Free Account': t`free of charge`,
    'One Time': t`once`,
    Monthly: t`a month`,
    Quarterly: t`a quarter`,
    'Semi-Annually': t`every six months`,
    Annually: t`a year`,
    Biennially: t`every two years`,
    Triennially: t`every three years`,
  };
  return words[cycle] ?? cycle;
}
