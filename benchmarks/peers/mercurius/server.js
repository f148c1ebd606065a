// mercurius with graphql-jit and loaders over node-postgres: a gateway as one would write it by hand in Node.
import fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";

// Connections stay, as those of the other servers do while they wait for their turn.
const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: 10,
  idleTimeoutMillis: 0,
});

const schema = `
  enum ProjectSortOrder { CREATED_DESCENDING }
  type Product { id: ID! name: String skuId: String quantity: String! status: String orderId: String }
  type Partner { id: ID! name: String role: String }
  type Transaction { id: ID description: String revenue: String! cost: String! }
  type Project {
    id: ID!
    projectNumber: String
    name: String
    status: String
    created: String!
    projectValue: String!
    products: [Product!]!
    partners: [Partner!]!
    transactions: [Transaction!]!
  }
  type ProjectConnection { nodes: [Project!]! }
  type Query {
    project(id: ID!): Project
    projects(first: Int!, sortOrder: ProjectSortOrder!): ProjectConnection!
  }
`;

const columns = `id, project_number as "projectNumber", name, status, created, project_value as "projectValue"`;
const page = `select ${columns} from project order by created desc, id desc limit $1`;
const one = `select ${columns} from project where id = $1`;

// The statement is prepared once a connection, under its name.
const rowsOf = async (name, text, values) => (await pool.query({ name, text, values })).rows;

const project = (row) => {
  row.created = row.created.toISOString();
  return row;
};

const resolvers = {
  Query: {
    project: async (_, { id }) => (await rowsOf("one", one, [id])).map(project)[0] ?? null,
    projects: async (_, { first }) => ({ nodes: (await rowsOf("page", page, [first])).map(project) }),
  },
};

// A loader gives the rows of many projects with one statement.
const nested = (name, text) => async (queries) => {
  const found = new Map(queries.map(({ obj }) => [obj.id, []]));
  for (const row of await rowsOf(name, text, [[...found.keys()]])) {
    found.get(row.project_id).push(row);
  }
  return queries.map(({ obj }) => found.get(obj.id));
};

const loaders = {
  Project: {
    products: nested(
      "products",
      `select project_id, id, name, sku_id as "skuId", quantity, status, order_id as "orderId"
       from project_product where project_id = any($1) order by project_id, position`,
    ),
    partners: nested(
      "partners",
      `select project_id, id, name, role
       from project_partner where project_id = any($1) order by project_id, position`,
    ),
    transactions: nested(
      "transactions",
      `select project_id, id, description, revenue, cost
       from project_transaction where project_id = any($1) and level = 'project'
       order by project_id, owner_id, position`,
    ),
  },
};

const app = fastify({ logger: false });
app.register(mercurius, { schema, resolvers, loaders, jit: 1, path: "/graphql" });
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
