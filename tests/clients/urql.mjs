// urql: HTTP, persisted queries, and subscriptions through graphql-ws and through the event stream of fetch itself.
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import {
  http, websocket, authorization, QUERY, REFUSED, WRITE, CHANGES, firstEvent, told,
} from "./operations.mjs";

const given = {
  url: http,
  preferGetMethod: false,
  requestPolicy: "network-only",
  fetchOptions: { headers: { authorization, "x-graphql-preflight": "true" } },
};
const sent = [];
const watched = (address, options) => {
  sent.push({ method: options.method ?? "GET", whole: `${address}${options.body ?? ""}`.includes("searchProjects") });
  return fetch(address, options);
};
const plain = new Client({ ...given, exchanges: [fetchExchange] });
const persisting = (preferGetForPersistedQueries) =>
  new Client({
    ...given,
    fetch: watched,
    exchanges: [persistedExchange({ preferGetForPersistedQueries }), fetchExchange],
  });
const socket = createClient({ url: websocket, webSocketImpl: WebSocket, connectionParams: { authorization } });
const live = new Client({
  ...given,
  exchanges: [
    subscriptionExchange({
      forwardSubscription: (request) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? "" }, sink) }),
      }),
    }),
    fetchExchange,
  ],
});
const streaming = new Client({ ...given, fetchSubscriptions: true, exchanges: [fetchExchange] });
const data = (result) => {
  if (result.error) throw result.error;
  return result.data;
};

const query = data(await plain.query(QUERY, { take: 2 }));
const id = query.searchProjects.result[0].id;
const mutation = data(await plain.mutation(REFUSED, { id }));
const persisted = [];
for (const get of [false, true]) {
  const client = persisting(get);
  for (const take of [1, 2]) persisted.push(data(await client.query(QUERY, { take })));
}
const event = (client) =>
  firstEvent(
    (next, error) =>
      client.subscription(CHANGES, { ids: [id] }).subscribe((result) =>
        result.error ? error(result.error) : next(result.data),
      ),
    () => plain.mutation(WRITE, { id, text: "of urql" }).toPromise(),
  );
const subscription = await event(live);
told({ query, mutation, persisted, sent, subscription, streamed: await event(streaming) });
