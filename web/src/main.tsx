import '@blueprintjs/core/lib/css/blueprint.css';
import './app.css';
import { FocusStyleManager } from '@blueprintjs/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { Localised } from './components/localised.tsx';
import { endFirstLook } from './first-look.ts';
import { takeFirstServers } from './first-read.ts';
import { startLanguage } from './language.ts';
import { serversKey } from './live-cache.ts';
import { startMask } from './mask.ts';
import { createQueryClient } from './query-client.ts';
import { createRouter } from './router.tsx';
import { restoreSession, sessionStore } from './session.ts';
import { startTheme } from './theme.ts';

const FIRST_SERVERS_MS = 300;

startTheme();
FocusStyleManager.onlyShowFocusOnTabs();
sessionStore.subscribe(() => {
  if (sessionStore.get().status !== 'active') endFirstLook();
});
void restoreSession();
const client = createQueryClient();
// Not awaited: a module that awaits shares nothing with the pages, which then come in many small files.
void Promise.all([startLanguage(), startMask(), keepFirstServers()]).then(render);

/** The first servers, when they come soon, so that nothing has to be shown in their place. */
async function keepFirstServers(): Promise<void> {
  const first = await takeFirstServers(FIRST_SERVERS_MS);
  if (first) client.setQueryData(serversKey(first.filter), { pages: [first.list], pageParams: [null] });
}

function render(): void {
  const root = document.getElementById('root');
  if (!root) throw new Error('index.html has no #root');
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <Localised>
          <RouterProvider router={createRouter()} />
        </Localised>
      </QueryClientProvider>
    </StrictMode>,
  );
}
