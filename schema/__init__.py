"""The contract: GraphQL types, inputs, payloads and roots. No SQL, no rule, no clock."""
