"""Text folded to search terms, the same for both databases: which words a project has, and which a query asks for.

A term is a word of letters and digits without case and accents. A term of one field (a customer's name, an e-mail
address) begins with a private-use character of its own, so that one index answers free text and fields alike.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from .customers import display_name
from .projects import Project

CUSTOMER, PARTNER, STORE_CONTACT, CITY = "\ue001", "\ue002", "\ue003", "\ue004"
EMAIL, PHONE, POSTAL_CODE = "\ue005", "\ue006", "\ue007"
CONTACT_EMAIL, CONTACT_PHONE = "\ue008", "\ue009"

# What Unicode does not take apart by itself.
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "þ": "th", "ß": "ss"})
_ASCII_WORD = re.compile("[a-z0-9]+")
# PostgreSQL refuses a lexeme of 2,046 bytes and a vector of 1 MB; a character has up to 4 bytes.
_WORD_LIMIT = 500
_VECTOR_LIMIT = 900_000
# The words of so many texts of up to so many characters are kept.
KEPT, _SHORT = 8192, 100
# In a value that must match as a whole, ASCII beyond a-z and 0-9 moves here, where it is no separator.
_PRIVATE = 0xE100


class Term(NamedTuple):
    """A term to look for: as the beginning of a word, or whole."""

    text: str
    prefix: bool = True


def words(text: str | None) -> tuple[str, ...]:
    """The folded words of a text, in order."""
    if not text:
        return ()
    return _short_words(text) if len(text) <= _SHORT else _words(text)


def _words(text: str) -> tuple[str, ...]:
    if text.isascii():
        # The same, without a look at every character.
        return tuple([word[:_WORD_LIMIT] for word in _ASCII_WORD.findall(text.lower())])
    folded = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    kept = (char for char in folded.casefold() if unicodedata.category(char) != "Mn")
    runs = groupby(kept, str.isalnum)
    return tuple(["".join(run)[:_WORD_LIMIT] for is_word, run in runs if is_word])


# Names of goods and people repeat.
_short_words = lru_cache(KEPT)(_words)


def prefixes(text: str | None, field: str = "") -> list[Term]:
    """The terms a free text asks for: each of its words, as the beginning of a word of the field."""
    return [Term(field + word) for word in words(text)]


def whole(value: str, field: str) -> Term:
    """The term of a value that must be equal; e-mail addresses are compared without case."""
    if field in (EMAIL, CONTACT_EMAIL):
        value = value.casefold()
    if len(value) > _WORD_LIMIT:
        value = hashlib.sha256(value.encode()).hexdigest()
    kept = (
        char if char > "\x7f" or char.islower() or char.isdigit() else chr(_PRIVATE + ord(char))
        for char in value
    )
    return Term(field + "".join(kept), prefix=False)


def terms(project: Project) -> list[str]:
    """Every term of a project, sorted, each once, up to what a PostgreSQL vector holds."""
    found = sorted(_terms(project))
    # A character has up to four bytes, and a term four more.
    if 4 * (len("".join(found)) + len(found)) <= _VECTOR_LIMIT:
        return found
    size = 0
    for count, term in enumerate(found):
        size += len(term.encode()) + 4
        if size > _VECTOR_LIMIT:
            return found[:count]
    return found


def _terms(project: Project) -> set[str]:
    customer = project.customer
    shown = display_name(customer)
    partners = [*([project.partner] if project.partner else ()), *(project.partners or ())]
    free = [project.id, project.project_number, project.name, project.external_reference, shown]
    free += [partner.name for partner in partners]
    free += [text for line in project.products or () for text in (line.name, line.sku_id)]
    free += project.tags or ()
    found: set[str] = set()
    for text in free:
        found.update(words(text))
    found.update(_prefixed([shown], CUSTOMER))
    found.update(_prefixed([partner.name for partner in partners], PARTNER))
    if project.store_contact:
        found.update(_prefixed([project.store_contact.full_name], STORE_CONTACT))
    if customer:
        addresses = [*([customer.address] if customer.address else ()), *(customer.addresses or ())]
        found.update(_prefixed([address.city for address in addresses], CITY))
        found.update(_whole([customer.email], EMAIL))
        found.update(_whole([customer.phone], PHONE))
        found.update(_whole([address.postal_code for address in addresses], POSTAL_CODE))
    contacts = project.contact_persons or ()
    found.update(_whole([contact.email for contact in contacts], CONTACT_EMAIL))
    found.update(_whole([contact.phone for contact in contacts], CONTACT_PHONE))
    return found


def _prefixed(texts: Iterable[str | None], field: str) -> Iterator[str]:
    return (field + word for text in texts for word in words(text))


def _whole(values: Iterable[str | None], field: str) -> Iterator[str]:
    return (whole(value, field).text for value in values if value)
