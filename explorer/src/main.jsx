// Puts GraphiQL on the page: reads the configuration, then renders once.

import './workers.js';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './page.css';
import { headersText, readConfig } from './config.js';
import { createFetcher } from './fetcher.js';
import { tabs } from './examples.js';
import { SchemaLoader } from './schema-loader.jsx';
import { storageWithoutHeaders } from './storage.js';

const plugins = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

function Explorer({ token, headers, storage, fetcher }) {
  const [edited, setEdited] = useState(null);
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      plugins={plugins}
      defaultTabs={tabs}
      defaultHeaders={headers}
      // Also for tabs that the browser remembers: their old token would have expired.
      initialHeaders={headers}
      shouldPersistHeaders={false}
      onEditHeaders={setEdited}
      // With a token given there is nothing to type in the headers; without one, they are the first thing to fill in.
      defaultEditorToolsVisibility={token ? 'variables' : 'headers'}
    >
      <GraphiQL.Logo>
        projectgate
        <SchemaLoader headers={edited} />
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

const place = document.getElementById('root');
try {
  const config = await readConfig();
  const headers = headersText(config.token);
  createRoot(place).render(
    <Explorer
      token={config.token}
      headers={headers}
      storage={storageWithoutHeaders(headers)}
      fetcher={createFetcher(config)}
    />,
  );
} catch (error) {
  const notice = document.createElement('p');
  notice.className = 'notice';
  notice.textContent = `The explorer could not start: ${error.message}. Is the server running? Reload to try again.`;
  place.replaceChildren(notice);
}
