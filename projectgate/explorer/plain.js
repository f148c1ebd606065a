// The plain page: sends what the text areas hold to the GraphQL endpoint and shows the answer.

const examples = {
  'Read a project': {
    query: `query ReadProject($id: ID!) {
  project(id: $id) {
    id
    name
    status
    version
    products {
      skuId
      name
      quantity
      status
    }
  }
}`,
    variables: { id: 'project-123' },
  },
  'Search projects': {
    query: `query Search($query: String) {
  searchProjects(query: $query, take: 5, sortOrder: CREATED_DESCENDING) {
    totalHits
    result {
      id
      name
      status
      created
    }
  }
}`,
    variables: { query: 'kjokken' },
  },
  'Cancel a product': {
    query: `mutation CancelProduct($input: UpdateProjectProductStatusInput!) {
  updateProjectProductStatus(input: $input) {
    changed
    project {
      version
      products {
        skuId
        status
        cancellationCode
      }
    }
    userErrors {
      code
      message
      path
    }
  }
}`,
    variables: {
      input: {
        projectId: 'project-123',
        productStatusUpdates: [{ skuId: 'SKU-002', status: 'Cancelled', cancellationCode: 'Defect' }],
      },
    },
  },
};

const [example, run, status, query, variables, headers, result] = [
  'example', 'run', 'status', 'query', 'variables', 'headers', 'result',
].map((id) => document.getElementById(id));
let endpoint = '/graphql';

const pretty = (value) => JSON.stringify(value, null, 2);

function show(name) {
  query.value = examples[name].query;
  variables.value = pretty(examples[name].variables);
}

function parse(area, name) {
  try {
    return JSON.parse(area.value.trim() || '{}');
  } catch (error) {
    throw new Error(`${name} are not JSON: ${error.message}`);
  }
}

async function send() {
  // A second press must not run a mutation twice while the first is on its way.
  if (run.disabled) return;
  run.disabled = true;
  status.textContent = 'Running…';
  try {
    const body = JSON.stringify({ query: query.value, variables: parse(variables, 'Variables') });
    const own = { 'Content-Type': 'application/json', Accept: 'application/graphql-response+json, application/json' };
    const start = performance.now();
    const response = await fetch(endpoint, { method: 'POST', headers: { ...own, ...parse(headers, 'Headers') }, body });
    const text = await response.text();
    status.textContent = `HTTP ${response.status}, ${Math.round(performance.now() - start)} ms`;
    result.textContent = response.headers.get('Content-Type')?.includes('json') ? pretty(JSON.parse(text)) : text;
  } catch (error) {
    status.textContent = 'Not sent';
    result.textContent = error.message;
  } finally {
    run.disabled = false;
  }
}

async function configure() {
  let token = '';
  try {
    const config = await (await fetch('/explorer/config.json', { cache: 'no-store' })).json();
    endpoint = config.endpoint;
    token = config.token ?? '';
  } catch (error) {
    status.textContent = `No configuration: ${error.message}`;
  }
  headers.value = pretty({ Authorization: `Bearer ${token}` });
}

for (const name of Object.keys(examples)) example.add(new Option(name));
example.addEventListener('change', () => show(example.value));
run.addEventListener('click', send);
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
});
show(example.value);
configure();
