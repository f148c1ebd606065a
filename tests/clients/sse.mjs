// graphql-sse in its distinct connections mode: an event stream for each operation.
import { createClient } from "graphql-sse";
import { http, authorization, QUERY, REFUSED, WRITE, CHANGES, firstEvent, told } from "./operations.mjs";

const client = createClient({ url: http, headers: { authorization } });
const one = (query, variables) =>
  new Promise((next, error) => client.subscribe({ query, variables }, { next, error, complete() {} }));

const query = (await one(QUERY, { take: 2 })).data;
const id = query.searchProjects.result[0].id;
const mutation = (await one(REFUSED, { id })).data;
const subscription = await firstEvent(
  (next, error) =>
    client.subscribe({ query: CHANGES, variables: { ids: [id] } }, { next, error, complete() {} }),
  () => one(WRITE, { id, text: "of graphql-sse" }),
);
told({ query, mutation, subscription: subscription.data });
