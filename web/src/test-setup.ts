import '@testing-library/jest-dom/vitest';
import { i18n } from '@lingui/core';
import { cleanup, configure } from '@testing-library/react';
import { afterEach, vi } from 'vitest';
import { dropSession } from './session.ts';

// jsdom has no layout, and Blueprint watches sizes.
globalThis.ResizeObserver ??= class {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
};
window.scrollTo = () => {};
Element.prototype.scrollIntoView = () => {};

// The source text is English.
i18n.loadAndActivate({ locale: 'en', messages: {} });

// A page's code is loaded on demand, which takes its time on a busy machine.
configure({ asyncUtilTimeout: 10_000 });

afterEach(() => {
  cleanup();
  dropSession();
  vi.unstubAllGlobals();
});
