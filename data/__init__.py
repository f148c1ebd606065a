"""The facts: documents, tables and the SQL over them. No caller, no rule, no GraphQL."""
