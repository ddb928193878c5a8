import type { ReactNode } from 'react';

interface Choice {
  id: string;
  title: string;
  details: ReactNode;
  /** Why it cannot be chosen now; null when it can. */
  refusal: string | null;
}

interface ChoiceCardsProps {
  legend: string;
  name: string;
  choices: Choice[];
  chosen: string;
  error: string | null | undefined;
  onChoose: (id: string) => void;
}

/** Radio buttons as cards: one of a few things, each with its facts. */
export function ChoiceCards({ legend, name, choices, chosen, error, onChoose }: ChoiceCardsProps) {
  return (
    <fieldset className="panel choices" aria-describedby={error ? `${name}-error` : undefined}>
      <legend>{legend}</legend>
      {error && (
        <p id={`${name}-error`} className="choice-error" tabIndex={-1}>
          {error}
        </p>
      )}
      <div className="choice-grid">
        {choices.map((choice) => (
          <label key={choice.id} className="choice" data-disabled={choice.refusal !== null}>
            <input
              type="radio"
              name={name}
              value={choice.id}
              checked={choice.id === chosen && choice.refusal === null}
              disabled={choice.refusal !== null}
              aria-describedby={`${name}-${choice.id}`}
              aria-label={choice.title}
              onChange={() => onChoose(choice.id)}
            />
            <span className="choice-title">{choice.title}</span>
            <span id={`${name}-${choice.id}`} className="choice-details">
              {choice.details}
              {choice.refusal && <span className="choice-refusal">{choice.refusal}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
