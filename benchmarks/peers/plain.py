"""Plain Strawberry: ORM classes, a data loader for each collection, parser and validation caches, uvicorn.

It is what the documentation of these libraries leads to. The classes see the gateway's tables, and of those
only the columns that the benchmark's operations read.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

import strawberry
import uvicorn
from aiodataloader import DataLoader
from sqlalchemy import select
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache


class Base(DeclarativeBase):
    """What the tables have in common."""


class ProjectRow(Base):
    """A project."""

    __tablename__ = "project"
    id: Mapped[str] = mapped_column(primary_key=True)
    project_number: Mapped[str | None]
    name: Mapped[str | None]
    status: Mapped[str | None]
    created: Mapped[datetime]
    project_value: Mapped[Decimal]


class ProductRow(Base):
    """A line of a project."""

    __tablename__ = "project_product"
    project_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str]
    name: Mapped[str | None]
    sku_id: Mapped[str | None]
    quantity: Mapped[Decimal]
    status: Mapped[str | None]
    order_id: Mapped[str | None]


class PartnerRow(Base):
    """A partner of a project."""

    __tablename__ = "project_partner"
    project_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str]
    name: Mapped[str | None]
    role: Mapped[str | None]


class TransactionRow(Base):
    """A transaction of a project, or of something in it."""

    __tablename__ = "project_transaction"
    project_id: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str]
    description: Mapped[str | None]
    revenue: Mapped[Decimal]
    cost: Mapped[Decimal]


Row = TypeVar("Row", ProductRow, PartnerRow, TransactionRow)
Sessions = async_sessionmaker[AsyncSession]


def loader(sessions: Sessions, model: type[Row], statement: Any) -> DataLoader[str, list[Row]]:
    """A loader of the rows of many projects, with a statement that is sorted already."""

    async def load(ids: list[str]) -> list[list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        async with sessions() as session:
            for row in await session.scalars(statement.where(model.project_id.in_(ids))):
                found[row.project_id].append(row)
        return [found[project_id] for project_id in ids]

    return DataLoader(load)


_PRODUCTS = select(ProductRow).order_by(ProductRow.project_id, ProductRow.position)
_PARTNERS = select(PartnerRow).order_by(PartnerRow.project_id, PartnerRow.position)
_TRANSACTIONS = (
    select(TransactionRow)
    .where(TransactionRow.level == "project")
    .order_by(TransactionRow.project_id, TransactionRow.owner_id, TransactionRow.position)
)


class Loaders:
    """The loaders of one request."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.products = loader(sessions, ProductRow, _PRODUCTS)
        self.partners = loader(sessions, PartnerRow, _PARTNERS)
        self.transactions = loader(sessions, TransactionRow, _TRANSACTIONS)


Info = strawberry.Info[Loaders, None]


@strawberry.enum
class ProjectSortOrder(Enum):
    """What projects are sorted by."""

    CREATED_DESCENDING = "CREATED_DESCENDING"


@strawberry.type
class Product:
    """Served from `ProductRow`."""

    id: strawberry.ID
    name: str | None
    sku_id: str | None
    quantity: Decimal
    status: str | None
    order_id: str | None


@strawberry.type
class Partner:
    """Served from `PartnerRow`."""

    id: strawberry.ID
    name: str | None
    role: str | None


@strawberry.type
class Transaction:
    """Served from `TransactionRow`."""

    id: strawberry.ID
    description: str | None
    revenue: Decimal
    cost: Decimal


@strawberry.type
class Project:
    """Served from `ProjectRow`."""

    id: strawberry.ID
    project_number: str | None
    name: str | None
    status: str | None
    created: datetime
    project_value: Decimal

    @strawberry.field(graphql_type=list[Product])
    def products(self, info: Info) -> Awaitable[list[ProductRow]]:
        """Its lines."""
        return info.context.products.load(str(self.id))

    @strawberry.field(graphql_type=list[Partner])
    def partners(self, info: Info) -> Awaitable[list[PartnerRow]]:
        """Its partners."""
        return info.context.partners.load(str(self.id))

    @strawberry.field(graphql_type=list[Transaction])
    def transactions(self, info: Info) -> Awaitable[list[TransactionRow]]:
        """Its transactions."""
        return info.context.transactions.load(str(self.id))


@strawberry.type
class ProjectConnection:
    """A page of projects."""

    nodes: list[Project]


@strawberry.type
class Query:
    """The roots."""

    @strawberry.field(graphql_type=Project | None)
    async def project(self, info: Info, id: strawberry.ID) -> ProjectRow | None:  # noqa: A002
        """One project."""
        async with info.context.sessions() as session:
            return await session.get(ProjectRow, str(id))

    @strawberry.field
    async def projects(
        self,
        info: Info,
        first: int,
        sort_order: ProjectSortOrder,  # noqa: ARG002 - there is one
    ) -> ProjectConnection:
        """The newest projects."""
        order = ProjectRow.created.desc(), ProjectRow.id.desc()
        async with info.context.sessions() as session:
            rows: Any = await session.scalars(select(ProjectRow).order_by(*order).limit(first))
            return ProjectConnection(nodes=list(rows))


class Endpoint(GraphQL[Loaders, None]):
    """The endpoint, with loaders of its own for each request."""

    sessions: Sessions

    async def get_context(self, *_: Any, **_named: Any) -> Loaders:
        """New loaders."""
        return Loaders(self.sessions)


def application() -> Starlette:
    """The application over the database that the environment names."""
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")
    engine: AsyncEngine = create_async_engine(url, pool_size=10, max_overflow=0)
    extensions: list[Callable[[], Any]] = [ParserCache, ValidationCache]
    endpoint = Endpoint(strawberry.Schema(query=Query, extensions=extensions), graphql_ide=None)
    endpoint.sessions = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    async def answer(request: Request) -> Response:
        response: Response = await endpoint.run(request)
        return response

    return Starlette(routes=[Route("/graphql", answer, methods=["POST"])], lifespan=life)


if __name__ == "__main__":
    uvicorn.run(
        application(),
        port=int(os.environ["PORT"]),
        loop="uvloop",
        lifespan="on",
        http="httptools",
        log_level="warning",
        access_log=False,
    )
