// Asks for the schema again when the headers were edited and there is none yet.
// Without a demo token the first request for it is refused; once the user has put a token into the headers, the
// documentation and the completion should come without a further press of a button.

import { useEffect } from 'react';
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';

export function SchemaLoader({ headers }) {
  const schema = useGraphiQL((state) => state.schema);
  const { introspect } = useGraphiQLActions();
  useEffect(() => {
    if (!headers || schema) return undefined;
    // Half a second of peace: a token that is typed is not sent letter by letter.
    const timer = setTimeout(introspect, 500);
    return () => clearTimeout(timer);
    // Only an edit is a reason to ask: not a schema that has just failed to come.
  }, [headers]);
  return null;
}
