import { Button } from '@blueprintjs/core';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { latePopover } from './late-popover.tsx';

const Greeting = ({ name }: { name: string }) => <p>Hello {name}</p>;
const load = vi.fn(async () => Greeting);
const GreetingPopover = latePopover(load);

function open() {
  render(<GreetingPopover button={<Button text="Greet" />} content={{ name: 'Ada' }} />);
  return { user: userEvent.setup(), button: () => screen.getByRole('button', { name: 'Greet' }) };
}

test('its code is read when the pointer or the focus comes to the button, not before', async () => {
  const { user, button } = open();
  expect(load).not.toHaveBeenCalled();
  expect(button()).toHaveAttribute('aria-expanded', 'false');
  await user.tab();
  expect(button()).toHaveFocus();
  expect(load).toHaveBeenCalled();
  expect(screen.queryByText('Hello Ada')).toBeNull();
});

test('it opens at the first press, by pointer or by key, and gives the focus back when it closes', async () => {
  const { user, button } = open();
  await user.tab();
  await user.keyboard('{Enter}');
  expect(await screen.findByText('Hello Ada')).toBeVisible();
  expect(button()).toHaveAttribute('aria-expanded', 'true');
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByText('Hello Ada')).toBeNull());
  await waitFor(() => expect(button()).toHaveFocus());
  await user.click(button());
  expect(await screen.findByText('Hello Ada')).toBeVisible();
});
