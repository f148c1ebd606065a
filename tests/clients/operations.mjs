// What every client is asked to do, and where. The first argument is the address, the second a token.
const [, , url, token] = process.argv;

export const http = url;
export const websocket = url.replace(/^http/, "ws");
export const authorization = `Bearer ${token}`;

export const QUERY = `
  query Projects($take: Int!) {
    searchProjects(take: $take) { totalHits result { id version products { id skuId status } } }
  }`;

export const REFUSED = `
  mutation Refused($id: ID!) {
    updateProjectProductStatus(
      input: { projectId: $id, productStatusUpdates: [{ skuId: "no such sku", status: "Received" }] }
    ) { changed project { id } userErrors { __typename code message path } }
  }`;

export const WRITE = `
  mutation Write($id: ID!, $text: String!) {
    addProjectLogItem(input: { projectId: $id, text: $text }) { changed project { version } }
  }`;

export const CHANGES = `
  subscription Changes($ids: [ID!]) {
    projectChanged(projectIds: $ids) { cursor projectId version operation project { id version } }
  }`;

// Prints what a client got, for the test to look at.
export function told(answers) {
  console.log(JSON.stringify(answers));
  process.exit(0);
}

// Calls `write` again and again until the first event comes: no client tells when its subscription has begun.
export async function firstEvent(subscribe, write) {
  let writing;
  const event = await new Promise((resolve, reject) => {
    subscribe(resolve, reject);
    writing = setInterval(() => write().catch(reject), 300);
  });
  clearInterval(writing);
  return event;
}

setTimeout(() => {
  console.error("no answer for 30 seconds");
  process.exit(1);
}, 30_000);
