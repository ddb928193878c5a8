import '@testing-library/jest-dom/vitest';
import { cleanup } from '@testing-library/react';
import { afterEach, vi } from 'vitest';
import { dropSession } from './session.ts';

// jsdom has no layout, and Blueprint watches sizes.
globalThis.ResizeObserver ??= class {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
};
window.scrollTo = () => {};

afterEach(() => {
  cleanup();
  dropSession();
  vi.unstubAllGlobals();
});
