// Sends an operation to the endpoint, with the headers of the headers editor.

import { createGraphiQLFetcher } from '@graphiql/toolkit';

export function createFetcher({ endpoint, token }) {
  const url = new URL(endpoint, location.href).href;
  // A subscription goes over a WebSocket, which is given the headers of the headers editor too.
  const send = createGraphiQLFetcher({ url, subscriptionUrl: url.replace(/^http/, 'ws') });
  const demoHeaders = token ? { Authorization: `Bearer ${token}` } : undefined;
  return (operation, options = {}) => {
    // GraphiQL asks for the schema before its headers editor is ready, so that first request would go without the
    // token and fail. An operation of the user's own is sent with the user's headers and nothing else.
    const early = operation.operationName === 'IntrospectionQuery' && !options.headers;
    return send(withOwnName(operation), { ...options, headers: early ? demoHeaders : options.headers });
  };
}

function withOwnName({ operationName, ...operation }) {
  // Just after a change of tab GraphiQL still holds the name of the other tab's operation, and sending that is an
  // error. Without a name, the only operation of the document runs.
  const isOwn = operationName && new RegExp(`\\b${operationName}\\b`).test(operation.query);
  return isOwn ? { ...operation, operationName } : operation;
}
