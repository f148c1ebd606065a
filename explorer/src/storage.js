// The browser's storage, without headers. GraphiQL is told not to keep them, but its history keeps them all the same,
// and a token must not outlive the page.

const historyKeys = ['graphiql:queries', 'graphiql:favorites'];

export function storageWithoutHeaders(headers) {
  return {
    getItem(key) {
      const text = localStorage.getItem(key);
      // An entry of the history puts its headers into the editor, so it gets those that the page starts with.
      return historyKeys.includes(key) ? withHeaders(text, headers) : text;
    },
    setItem: (key, value) => localStorage.setItem(key, withHeaders(value, null)),
    removeItem: (key) => localStorage.removeItem(key),
    clear: () => localStorage.clear(),
    get length() {
      return localStorage.length;
    },
  };
}

function withHeaders(text, headers) {
  // What GraphiQL stores is JSON where it holds headers, and a plain word or an operation elsewhere.
  if (!text?.includes('"headers"')) return text;
  try {
    return JSON.stringify(JSON.parse(text), (key, value) => (key === 'headers' ? headers : value));
  } catch {
    return text;
  }
}
