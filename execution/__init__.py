"""The engine: how GraphQL operations run. No noun of projects, no SQL."""
