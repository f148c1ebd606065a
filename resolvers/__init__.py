"""The answers: loaders, queries, commands and the rules over rows. No GraphQL, no HTTP."""
