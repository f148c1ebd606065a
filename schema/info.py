"""The `Info` that resolvers take: its context is the operation's `Context`."""

from __future__ import annotations

from typing import TypeAlias

import strawberry

from ..resolvers.context import Context

Info: TypeAlias = strawberry.Info[Context, None]
