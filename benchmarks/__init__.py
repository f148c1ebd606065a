"""Measurements of the gateway, beside other servers on one database. Run with `python -m benchmarks`."""
