// Apollo Client: HTTP, persisted queries (by POST and by GET), and subscriptions through graphql-ws.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createHash } from "node:crypto";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import {
  http, websocket, authorization, QUERY, REFUSED, WRITE, CHANGES, firstEvent, told,
} from "./operations.mjs";

const sent = [];
// What goes over the wire, to tell whether a hash was enough.
const watched = (address, options) => {
  sent.push({ method: options.method ?? "GET", whole: `${address}${options.body ?? ""}`.includes("searchProjects") });
  return fetch(address, options);
};
const cache = () => new InMemoryCache();
const headers = { authorization, "apollo-require-preflight": "true" };
const plain = new ApolloClient({ cache: cache(), link: new HttpLink({ uri: http, headers }) });
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const persisting = (useGETForHashedQueries) =>
  new ApolloClient({
    cache: cache(),
    link: ApolloLink.from([
      new PersistedQueryLink({ sha256, useGETForHashedQueries }),
      new HttpLink({ uri: http, headers, fetch: watched }),
    ]),
  });
const live = new ApolloClient({
  cache: cache(),
  link: new GraphQLWsLink(
    createClient({ url: websocket, webSocketImpl: WebSocket, connectionParams: { authorization } }),
  ),
});
const once = { fetchPolicy: "no-cache" };

const query = (await plain.query({ query: gql(QUERY), variables: { take: 2 }, ...once })).data;
const id = query.searchProjects.result[0].id;
const mutation = (await plain.mutate({ mutation: gql(REFUSED), variables: { id }, ...once })).data;
const persisted = [];
for (const get of [false, true]) {
  const client = persisting(get);
  for (const take of [1, 2])
    persisted.push((await client.query({ query: gql(QUERY), variables: { take }, ...once })).data);
}
const subscription = await firstEvent(
  (next, error) =>
    live.subscribe({ query: gql(CHANGES), variables: { ids: [id] } }).subscribe({ next, error }),
  () => plain.mutate({ mutation: gql(WRITE), variables: { id, text: "of Apollo" }, ...once }),
);
told({ query, mutation, persisted, sent, subscription: subscription.data });
