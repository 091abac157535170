"""The promises that every tap keeps, as one test class a tap's tests instantiate."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from dif_kit.testing._api import FakeApi
from dif_kit.testing._calendar import on_day
from dif_kit.testing._patience import impatient
from dif_kit.testing._promises_facts import FactPromises
from dif_kit.testing._promises_faults import FaultPromises
from dif_kit.testing._promises_rows import RowPromises
from dif_kit.testing._subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from dif_kit.tap import Tap

__all__ = ["conformance"]


def conformance(
    tap: type[Tap],
    *,
    routes: Callable[[FakeApi], None],
    config: Mapping[str, Any],
    credential: Mapping[str, str],
    golden_catalog: Path,
    forbidden: str,
    api_path: str = "",
    empty_streams: frozenset[str] = frozenset(),
    golden_records: Path | None = None,
    today: date | None = None,
) -> type:
    """A test class with singer-sdk's standard tests of a tap, and dif's own: docs/tap-contract.md says which.

    ``routes`` teaches a `FakeApi` to answer like the provider; it should have two partitions at least. ``config`` needs
    no ``api_url`` and no ``credential_ref``. ``forbidden`` is a path that belongs to one partition; it is refused with
    403 to see that the others still come. ``api_path`` is the path of the API's address (``/v5``). ``empty_streams``
    may have no rows. The golden catalog and the first record of each stream, in ``records.json`` beside it if
    ``golden_records`` does not say where, are written anew by ``GOLDEN=update``. ``today`` is the day on which runs
    take place, in every zone: with it, days that the provider keeps for a while do not leave what it keeps as the
    tests grow old.
    """
    api = FakeApi()
    routes(api)
    variable = f"DIF_CONFORMANCE_{tap.name.upper().replace('-', '_')}"
    settings = {**config, "api_url": api.url + api_path, "credential_ref": f"env://{variable}"}
    standard: Any = get_tap_test_class(
        tap_class=tap,
        config=dict(settings),
        parse_env_config=False,
        suite_config=SuiteConfig(ignore_no_records_for_streams=sorted(empty_streams)),
    )
    known = Subject(
        tap=tap,
        api=api,
        settings=settings,
        credential=credential,
        golden_catalog=golden_catalog,
        golden_records=golden_records or golden_catalog.with_name("records.json"),
        forbidden=forbidden,
        api_path=api_path,
        empty_streams=empty_streams,
        today=today,
    )

    class Conformance(FactPromises, RowPromises, FaultPromises, standard):  # type: ignore[misc]  # made at run time
        """The promises of one tap."""

        @pytest.fixture(scope="class", autouse=True)
        @classmethod
        def _surroundings(cls) -> Iterator[None]:
            os.environ[variable] = json.dumps(dict(credential))
            with api, impatient(tap), on_day(today):
                yield
            del os.environ[variable]

        @pytest.fixture
        def subject(self) -> Subject:
            api.requests.clear()
            api.unknown.clear()
            api.interrupt = lambda _request: None
            return known

    return Conformance
