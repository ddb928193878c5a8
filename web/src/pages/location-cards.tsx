import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { Availability } from '../../../contract/catalog.ts';
import { ChoiceCards } from './choice-cards.tsx';
import type { FieldProps } from './new-server-fields.tsx';

const ANYWHERE = 'anywhere';

/** Where the server is to stand; nothing is asked where there is one place only. */
export function LocationCards({
  availability,
  draft,
  errors,
  onChange,
}: FieldProps & { availability: Availability[] | undefined }) {
  const locations = [...new Set(availability?.map(({ location }) => location))];
  if (locations.length < 2) return null;
  const hasRoom = (location: string) =>
    availability?.some((one) => one.location === location && one.servers > 0) ?? true;
  return (
    <ChoiceCards
      legend={t`Location`}
      name="location"
      chosen={draft.location || ANYWHERE}
      error={errors.location}
      onChoose={(id) => onChange('location', id === ANYWHERE ? '' : id)}
      choices={[
        {
          id: ANYWHERE,
          title: t`Anywhere`,
          details: (
            <span>
              <Trans>where most room is</Trans>
            </span>
          ),
          refusal: null,
        },
        ...locations.map((location) => ({
          id: location,
          title: location,
          details: null,
          refusal: hasRoom(location) ? null : t`No room at the moment`,
        })),
      ]}
    />
  );
}
