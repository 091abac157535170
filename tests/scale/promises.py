"""What every channel keeps at any scale: the warehouse holds what the provider has, row by row, whatever happens."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from dif_kit.errors import ExitCode
from dif_sandbox.services import Sandbox
from warm import Warm

from scale.channel import FLEET, Channel, serving
from scale.series import TARGET, Series

__all__ = ["at_scale"]


def at_scale(channel: Channel) -> type:
    """The promises of a channel as a class of tests: ``TestPinterest = at_scale(PINTEREST)``."""

    class AtScale:
        @pytest.fixture(scope="class")
        @classmethod
        def series(cls, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Series]:
            """A client whose first load is done; each test goes on from where it finds it, a day later."""
            folder = tmp_path_factory.mktemp(channel.simulator)
            with (
                serving(channel, folder / "simulator") as simulator,
                Warm(channel.tap, TARGET, "ledger") as warm,
            ):
                series = Series(channel, simulator, sandbox, warm, folder)
                series.set_clock()
                ended = series.run()
                assert ended.is_complete, ended.said
                yield series
            shutil.rmtree(folder)

        def test_the_first_load_is_what_the_provider_has(self, series: Series) -> None:
            assert series.differences() == []
            assert series.truth(channel.restated).rows

        def test_the_providers_own_totals_agree(self, series: Series) -> None:
            """What the provider says anew of each day is what the warehouse adds up to; an altered day is named."""
            if not series.stated:
                pytest.skip("no stream that is read has totals")
            assert series.verified() == {stream: set() for stream in series.stated}
            altered = next(iter(series.stated))
            with series.altered(altered) as day:
                assert series.verified() == {stream: {day} if stream == altered else set() for stream in series.stated}

        def test_the_next_day_brings_new_figures_and_takes_withdrawn_ones_away(self, series: Series) -> None:
            """I2, and replacement: what was restated is as the provider says now, what was withdrawn is gone."""
            before = series.truth(channel.restated)
            there = {stream: series.truth(stream).rows.keys() for stream in channel.overwritten}
            series.next_day()
            now = series.truth(channel.restated)
            assert all(keys - series.truth(stream).rows.keys() for stream, keys in there.items())
            assert bool(before.rows.keys() - now.rows.keys()) == channel.withdraws
            assert any(now.rows[key] != before.rows[key] for key in before.rows.keys() & now.rows.keys())
            ended = series.run()
            assert ended.is_complete, ended.said
            assert series.differences() == []

        def test_after_a_throttled_day_nothing_is_missing(self, series: Series) -> None:
            """I1, I4: a run that the provider turns away in the middle says so; the next one has it all."""
            series.next_day()
            series.simulator.put("faults", [{"kind": "throttle", "times": None, **channel.throttled}])
            try:
                refused = series.run()
            finally:
                series.simulator.put("faults", [])
            assert refused.tap == ExitCode.DEFERRED, refused.said
            assert not refused.is_complete
            series.next_day()
            ended = series.run()
            assert ended.is_complete, ended.said
            assert series.differences() == []

        def test_a_forbidden_account_does_not_stop_the_others(self, series: Series) -> None:
            """I4: the run is partial and names the account; all others are as the provider has them."""
            account = series.accounts()[0]
            series.next_day()
            places = {"match": channel.account_path, "query": channel.account_query, "body": channel.account_body}
            places["header"] = channel.account_header
            kept = series.held(channel.overwritten)
            about = {place: expression.format(account) for place, expression in places.items()}
            series.simulator.put("faults", [{**about, "kind": "forbidden", "times": None}])
            try:
                ended = series.run()
            finally:
                series.simulator.put("faults", [])
            assert ended.tap == ExitCode.PARTIAL, ended.said
            assert account in ended.said
            assert series.differences(without_account=account, without_streams=kept) == []
            assert series.held(kept) == kept, "a partial run must overwrite nothing"
            again = series.run()
            assert again.is_complete, again.said
            assert series.differences() == []

        def test_a_fleet_keeps_to_the_limits(self, series: Series, tmp_path: Path) -> None:
            """Eight runs beside each other ask for more than the limits allow, and none is ever refused."""
            with serving(channel, tmp_path / "simulator", budgets=channel.fleet_limits) as simulator:
                fleet = Series(channel, simulator, series.sandbox, series.warm, tmp_path)
                fleet.environment = series.sandbox.environment()
                fleet.set_clock()
                places = [tmp_path / str(number) for number in range(FLEET)]
                for place in places:
                    place.mkdir()
                limits = {"budgets": channel.fleet_budgets, "concurrency": channel.fleet_concurrency}
                taps = [fleet.tap(place, **limits) for place in places]
                codes = fleet.pipes.run(*[[tap] for tap in taps])
                asked = simulator.requests()
            assert codes == [[0]] * FLEET, Path(taps[0].errors).read_text()
            assert [entry["path"] for entry in asked if entry["status"] == channel.refusal] == []
            least = min(int(limit.partition("/")[0]) for limit in channel.fleet_limits.values())
            assert len(asked) > 2 * least, "the fleet met no limit: the test would show nothing"
            assert len({_records(Path(tap.output)) for tap in taps}) == 1

    return AtScale


def _records(output: Path) -> int:
    """How many records a tap's receipt speaks of."""
    last = next(line for line in reversed(output.read_text().split("\n")) if line.startswith('{"type":"STATE"'))
    receipt = json.loads(last)["value"]["dif"]
    assert receipt["complete"]
    return sum(sent["records"] for sent in receipt["streams"].values())
