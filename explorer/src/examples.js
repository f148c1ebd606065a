// The tabs of a first visit: one per example operation, in this order.

const names = [
  'nested-read',
  'search',
  'page-walk',
  'status-update',
  'list-replacement',
  'workflow',
  'versions',
  'changes',
];

const documents = import.meta.glob('./examples/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob('./examples/*.json', { query: '?raw', import: 'default', eager: true });

export const tabs = names.map((name) => ({
  query: documents[`./examples/${name}.graphql`],
  variables: variables[`./examples/${name}.json`] ?? null,
}));
