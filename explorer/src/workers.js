// The editors' background workers, built from our own source so that they are served from our own address.
// GraphiQL's ready-made set-ups create them from blob: or foreign addresses, which the page's policy refuses.
// Monaco is not in package.json on purpose: the workers must be of the very version that GraphiQL brings along.

import EditorWorker from 'monaco-editor/esm/vs/editor/editor.worker.js?worker';
import JsonWorker from 'monaco-editor/esm/vs/language/json/json.worker.js?worker';
import GraphQLWorker from 'monaco-graphql/esm/graphql.worker.js?worker';

const workers = { json: JsonWorker, graphql: GraphQLWorker };

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const Worker = workers[label] ?? EditorWorker;
    return new Worker();
  },
};
