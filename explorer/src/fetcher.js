// Sends an operation to the endpoint, with the headers of the headers editor.

import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { Kind, parse } from 'graphql';

export function createFetcher({ endpoint, token }) {
  const url = new URL(endpoint, location.href).href;
  // A subscription goes over a WebSocket, which is given the headers of the headers editor too.
  const send = createGraphiQLFetcher({ url, subscriptionUrl: url.replace(/^http/, 'ws') });
  const demoHeaders = token ? { Authorization: `Bearer ${token}` } : undefined;
  return (operation, options = {}) => {
    // GraphiQL asks for the schema before its headers editor is ready, so that first request would go without the
    // token and fail. An operation of the user's own is sent with the user's headers and nothing else.
    const early = operation.operationName === 'IntrospectionQuery' && !options.headers;
    const headers = early ? demoHeaders : options.headers;
    const documentAST = parsed(operation.query);
    return send(withOwnName(operation, documentAST), { ...options, headers, documentAST });
  };
}

// Just after a change of tab GraphiQL still holds the document and the name of the other tab's operation. To send that
// name is an error, and by that document a subscription is taken for a query. The text is the tab's own.
function withOwnName({ operationName, ...operation }, document) {
  const names = (document?.definitions ?? [])
    .filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
    .map(({ name }) => name?.value);
  const own = names.includes(operationName) ? operationName : names.length === 1 ? names[0] : undefined;
  return own ? { ...operation, operationName: own } : operation;
}

function parsed(query) {
  try {
    return parse(query);
  } catch {
    return undefined; // the server tells what is wrong with it
  }
}
