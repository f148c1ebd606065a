// graphql-ws: everything over one WebSocket.
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { websocket, authorization, QUERY, REFUSED, WRITE, CHANGES, firstEvent, told } from "./operations.mjs";

const client = createClient({ url: websocket, webSocketImpl: WebSocket, connectionParams: { authorization } });
const one = (query, variables) =>
  new Promise((next, error) => client.subscribe({ query, variables }, { next, error, complete() {} }));

const query = (await one(QUERY, { take: 2 })).data;
const id = query.searchProjects.result[0].id;
const mutation = (await one(REFUSED, { id })).data;
const subscription = await firstEvent(
  (next, error) =>
    client.subscribe({ query: CHANGES, variables: { ids: [id] } }, { next, error, complete() {} }),
  () => one(WRITE, { id, text: "of graphql-ws" }),
);
told({ query, mutation, subscription: subscription.data });
