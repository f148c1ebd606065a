// The audit of the GraphQL over HTTP draft that comes with graphql-http: prints each check and what came of it.
import { serverAudits } from "graphql-http";
import { http, authorization, told } from "./operations.mjs";

const fetchFn = (address, options = {}) =>
  fetch(address, {
    ...options,
    headers: { authorization, "x-graphql-preflight": "true", ...options.headers },
  });
const results = [];
for (const audit of serverAudits({ url: http, fetchFn })) {
  const result = await audit.fn();
  results.push({ name: audit.name, status: result.status, reason: result.reason ?? null });
}
told(results);
