"""Texts as the documents that they are, read in one way wherever they come from."""

from __future__ import annotations

from graphql import DocumentNode, GraphQLSyntaxError, Token, TokenKind, parse


def parsed(text: str, *, tokens: int | None = None, comments: int | None = None) -> DocumentNode:
    """The document that a text is, with so many tokens and comments at most. Raises: GraphQLSyntaxError."""
    try:
        return parse(
            text,
            max_lexical_tokens=tokens,
            max_comments=comments,
            # GraphQL has no empty selections; graphql-core takes them unless told not to.
            allow_empty_selection_sets=False,
        )
    except GraphQLSyntaxError as error:
        if error.source and error.positions and _is_empty(error.source.body, *error.positions):
            error.message = f"{error.message[:-1]}: a selection names one field at least."
        raise


def numbers(document: DocumentNode) -> list[str]:
    """The numbers of a document as they are written."""
    token: Token | None = document.loc.start_token if document.loc else None
    found = []
    while token is not None:
        if token.kind in (TokenKind.INT, TokenKind.FLOAT):
            found.append(token.value or "")
        token = token.next
    return found


def _is_empty(text: str, position: int) -> bool:
    """Whether the brace that a text has there closes one that has nothing in it."""
    return text.startswith("}", position) and text[:position].rstrip("\ufeff \t\r\n,").endswith("{")
