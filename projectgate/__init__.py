"""projectgate: a GraphQL gateway over the project data of the Omnium OMS."""

__version__ = "0.1.0"
