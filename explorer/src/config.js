// What the server tells the page: where GraphQL is, and, in demo mode, a token to use.

export async function readConfig() {
  // Not from a cache: the demo token is made anew and expires.
  const response = await fetch('/explorer/config.json', { cache: 'no-store' });
  if (!response.ok) throw new Error(`/explorer/config.json answered ${response.status}`);
  return response.json();
}

export function headersText(token) {
  // With no token the line is there all the same, so that one only has to paste.
  return JSON.stringify({ Authorization: `Bearer ${token ?? ''}` }, null, 2);
}
