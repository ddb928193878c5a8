import '@blueprintjs/core/lib/css/blueprint.css';
import './app.css';
import { FocusStyleManager } from '@blueprintjs/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { Localised } from './components/localised.tsx';
import { startLanguage } from './language.ts';
import { startMask } from './mask.ts';
import { createQueryClient } from './query-client.ts';
import { createRouter } from './router.tsx';
import { restoreSession } from './session.ts';
import { startTheme } from './theme.ts';

startTheme();
FocusStyleManager.onlyShowFocusOnTabs();
void restoreSession();
// Not awaited: a module that awaits shares nothing with the pages, which then come in many small files.
void Promise.all([startLanguage(), startMask()]).then(render);

function render(): void {
  const root = document.getElementById('root');
  if (!root) throw new Error('index.html has no #root');
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={createQueryClient()}>
        <Localised>
          <RouterProvider router={createRouter()} />
        </Localised>
      </QueryClientProvider>
    </StrictMode>,
  );
}
