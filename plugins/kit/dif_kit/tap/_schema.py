"""The JSON schema of a stream, as a file beside the tap's code."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from dif_kit.errors import ConfigError

__all__ = ["load_schema"]


def load_schema(module: str, name: str) -> dict[str, Any]:
    """The schema in ``schemas/<name>.json`` of the package that ``module`` belongs to, read anew on each call.

    Raises:
        ConfigError: there is no such file, or it does not describe an object.
    """
    package = module.partition(".")[0]
    file = files(package) / "schemas" / f"{name}.json"
    try:
        schema = json.loads(file.read_bytes())
    except FileNotFoundError as error:
        raise ConfigError(f"stream {name!r} has no schema: {package}/schemas/{name}.json is missing") from error
    except ValueError as error:
        raise ConfigError(f"{package}/schemas/{name}.json is not JSON ({error})") from error
    if not isinstance(schema, dict) or "properties" not in schema:
        raise ConfigError(f"{package}/schemas/{name}.json has no properties")
    return schema
