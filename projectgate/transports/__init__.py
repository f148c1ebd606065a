"""Transports that stay open: WebSocket (graphql-transport-ws) and server-sent events (graphql-sse)."""
