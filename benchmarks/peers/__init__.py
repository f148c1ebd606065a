"""Servers that the gateway is measured against, each on the port and database that the environment names."""
