// oxlint-disable-next-line no-restricted-imports -- the one place that may
import { HTMLSelect, type HTMLSelectProps } from '@blueprintjs/core';

/** Blueprint's select, whose arrow is no picture with an English name but decoration. */
export function Select(props: HTMLSelectProps) {
  return <HTMLSelect iconProps={{ title: '' }} {...props} />;
}
