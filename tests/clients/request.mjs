// graphql-request: a query, and a mutation with a user error.
import { GraphQLClient } from "graphql-request";
import { http, authorization, QUERY, REFUSED, told } from "./operations.mjs";

const client = new GraphQLClient(http, { headers: { authorization } });
const query = await client.request(QUERY, { take: 2 });
const id = query.searchProjects.result[0].id;
told({ query, mutation: await client.request(REFUSED, { id }) });
