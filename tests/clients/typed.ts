// Types from graphql-codegen: what is read is checked against the schema before it is run.
import { GraphQLClient } from "graphql-request";
import { TypedProjectsDocument, TypedRefusedDocument } from "./generated/graphql.ts";
import { http, authorization, told } from "./operations.mjs";

const client = new GraphQLClient(http, { headers: { authorization } });
const query = await client.request(TypedProjectsDocument, { take: 2 });
const project = query.searchProjects.result[0];
const id: string = project!.id;
const quantity: number = project!.version;
const mutation = await client.request(TypedRefusedDocument, { id, status: "Received" });
const paths: string[][] = mutation.updateProjectProductStatus.userErrors.map((error) => error.path);
told({ query, mutation, quantity, paths });
