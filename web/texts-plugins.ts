import { lingui } from '@lingui/vite-plugin';
import babel, { defineRolldownBabelPreset } from '@rolldown/plugin-babel';

/**
 * What makes Lingui's macros and catalogs of messages into code.
 *
 * Babel does the macros, though Lingui has something faster: that is a native module npm installs on Node 22 and later
 * only, and `npm ci` has to do with Node 20.
 */
export const textsPlugins = (options?: Parameters<typeof lingui>[0]) => [
  babel({
    presets: [
      defineRolldownBabelPreset({
        preset: { plugins: ['@lingui/babel-plugin-lingui-macro'] },
        rolldown: { filter: { code: /from '@lingui\/(?:core|react)\/macro'/ } },
      }),
    ],
  }),
  lingui(options),
];
