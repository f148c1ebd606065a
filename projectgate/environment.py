"""The environment read as settings, with a line for each variable that cannot be used."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from projectgate.settings import PREFIX, Settings, SettingsRefused

# What else may have names like those of settings: the examples, the tests, and what a cluster tells of services whose
# names begin with `projectgate`.
_NO_SETTING = re.compile(
    r"URL|TOKEN|TEST_\w+|(\w+_)?SERVICE_(HOST|PORT(_\w+)?)|(\w+_)?PORT_[0-9]+_[A-Z]+(_(PROTO|PORT|ADDR))?"
)
_ADDRESS = re.compile(r"[a-z]+://.*")


def load(changes: Mapping[str, Any] | None = None) -> Settings:
    """The settings of this process: the environment, and `changes` over it.

    Raises: SettingsRefused, with one line for each variable that cannot be used.
    """
    faults = [*_unknown(os.environ)]
    try:
        settings = Settings(**(changes or {}))
    except ValidationError as error:
        faults += [_fault(fault) for fault in error.errors(include_url=False)]
    if faults:
        raise SettingsRefused("\n".join(faults))
    return settings


def _unknown(environment: Mapping[str, str]) -> Iterator[str]:
    """A line for each variable that is named like a setting and is none: a misspelt one would do nothing."""
    known = {name.upper() for name in Settings.model_fields}
    for variable, value in sorted(environment.items()):
        name = variable.upper().removeprefix(PREFIX)
        if not variable.upper().startswith(PREFIX) or name in known or not value:
            continue
        of_a_service = name.endswith("PORT") and _ADDRESS.fullmatch(value)
        if of_a_service or _NO_SETTING.fullmatch(name):
            continue
        near = get_close_matches(name, known, n=1)
        way_out = f"did you mean {PREFIX}{near[0]}?" if near else "unset it"
        yield f"{variable}: there is no such setting: {way_out}"


def _fault(fault: Any) -> str:
    name = f"{PREFIX}{fault['loc'][0]}".upper() if fault["loc"] else PREFIX
    message = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        return f"{name}: there is no such setting"
    if fault["type"] == "value_error":
        return f"{name}: {message}"  # our own validators put into the message what may be shown
    return f"{name}: {fault['input']!r} cannot be used: {message[:1].lower()}{message[1:]}"
