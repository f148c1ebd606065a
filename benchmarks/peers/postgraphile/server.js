// PostGraphile 5 over the tables of the gateway: the amber preset, lists instead of connections, nothing else.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const preset = {
  extends: [PostGraphileAmberPreset],
  // Lists are what the gateway answers with, and cheaper to plan than connections.
  schema: { defaultBehavior: "+list +filterBy +orderBy" },
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
  grafast: { explain: false },
  pgServices: [
    makePgService({
      connectionString: process.env.DATABASE_URL,
      schemas: ["public"],
      pubsub: false,
      // Connections stay, as those of the other servers do while they wait for their turn.
      poolConfig: { max: 10, idleTimeoutMillis: 0 },
    }),
  ],
};

const served = postgraphile(preset).createServ(grafserv);
const server = createServer();
await served.addTo(server);
server.listen(Number(process.env.PORT), "127.0.0.1");
