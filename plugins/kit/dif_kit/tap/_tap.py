"""A tap: a name, an address, a way to prove who asks, and streams."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TapCapabilities
from typing_extensions import override

from dif_kit._sdk import SdkTap
from dif_kit.credentials import Credential, resolve
from dif_kit.delivery import FailedRequest, Incidents
from dif_kit.errors import AlreadyRunningError, ConfigError, DifError
from dif_kit.http import AuthKind, HttpClient, NoAuth, Retry, bind_credential
from dif_kit.support import Support
from dif_kit.tap._ahead import ReadAhead
from dif_kit.tap._check import check_facts
from dif_kit.tap._cli import TapCommand
from dif_kit.tap._custom import CustomStream, custom_streams
from dif_kit.tap._fleet import Fleet
from dif_kit.tap._ids import KnownIds
from dif_kit.tap._jobs import OpenJobs
from dif_kit.tap._progress import Progress, is_watched, place_of
from dif_kit.tap._reach import with_reach
from dif_kit.tap._run import Run
from dif_kit.tap._settings import require_no_login, settings_schema
from dif_kit.tap._stop import EndOfRun, StopSwitch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from click import Command
    from singer_sdk.typing import Property

    from dif_kit.budget import Limiter
    from dif_kit.tap._metered import MeteredLimiter
    from dif_kit.tap._stream import Stream

__all__ = ["Tap"]

_SUNSET_DAYS: Final = 60


class Tap(SdkTap):
    """The base of every tap. A subclass states facts; it has no methods.

    Raises:
        ConfigError: at class creation, if the facts contradict each other.
    """

    #: Address of the API; the default of the setting ``api_url``.
    api_url: ClassVar[str] = ""
    #: How far the tap may be relied on: docs/support.md.
    support: ClassVar[Support] = Support.ALPHA
    #: The version of the provider's API that is read, as the provider writes it.
    api_version: ClassVar[str] = ""
    #: The day on which the provider switches this version of the API off; a run warns from 60 days before.
    api_sunset: ClassVar[date | None] = None
    #: How the API wants to know who asks; without it the tap needs no credential.
    auth: ClassVar[AuthKind] = NoAuth()
    #: The streams, parents and children in the order in which an account's data should come.
    stream_types: ClassVar[tuple[type[Stream], ...]] = ()
    #: Streams that a client defines: the setting that lists them -> what may be chosen.
    custom_streams: ClassVar[Mapping[str, type[CustomStream]]] = MappingProxyType({})
    #: Settings besides those that every tap has.
    settings: ClassVar[tuple[Property[Any], ...]] = ()
    #: How persistent the tap is.
    retry: ClassVar[Retry] = Retry()

    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init_subclass__(cls, **arguments: Any) -> None:  # noqa: ANN401 - as Python calls it
        super().__init_subclass__(**arguments)
        cls.config_jsonschema = settings_schema(
            cls.settings,
            api_url=cls.api_url,
            needs_credential=not isinstance(cls.auth, NoAuth),
            needs_start_date=any(stream.window is not None for stream in cls.stream_types),
            custom_streams=cls.custom_streams,
        )
        for stream in cls.stream_types:
            check_facts(stream, cls.stream_types, frozenset(cls.config_jsonschema["properties"]))

    @override
    def __init__(self, **arguments: Any) -> None:
        self.stop = StopSwitch()
        self.known_ids = KnownIds()
        self.ahead = ReadAhead(self.stop, concurrency=1)
        self.jobs = OpenJobs()
        self._budgets: MeteredLimiter | None = None
        self._receipts: Run | None = None
        self._http: HttpClient | None = None
        super().__init__(**arguments)
        self.fleet = Fleet(self.name, self.config, (*self.stream_types, *self.custom_streams.values()))
        self._warn_of_unknown_settings()
        self._warn_of_sunset()
        if warning := self.support.warning(self.name):
            self.logger.warning(warning)

    @override
    def discover_streams(self) -> Sequence[Stream]:
        """One stream of each type, then those that the settings define; raises ConfigError if these are wrong."""
        own = custom_streams(self.custom_streams, self.config, {stream.name for stream in self.stream_types})
        types = (*self.stream_types, *own)
        for stream in own:
            check_facts(stream, types, frozenset(self.config_jsonschema["properties"]))
        return [stream_type(self) for stream_type in types]

    @property
    @override
    def catalog_dict(self) -> dict[str, Any]:
        """The catalog, with what is known of windows: see `with_reach`."""
        streams = {name: cast("Stream", stream) for name, stream in self.streams.items()}
        return with_reach(super().catalog_dict, streams, self.fleet.policies)

    @property
    def receipts(self) -> Run:
        """The run that is going on; one is begun if none is, as where a single stream is tried."""
        if self._receipts is None:
            self._receipts = Run(self.checksums)
        return self._receipts

    @property
    def http(self) -> HttpClient:
        """The way to the API; the first call resolves the credential and reaches for the budgets' store.

        Raises:
            ConfigError: the address of the API holds a login.
            CredentialError: the credential cannot be had.
            BudgetError: Redis is configured, but does not answer.
        """
        if self._http is None:
            require_no_login(self.config["api_url"])
            reference = None if isinstance(self.auth, NoAuth) else self.config["credential_ref"]
            credential = Credential({}) if reference is None else resolve(reference)
            keeper = credential.keeper
            self._http = HttpClient(
                authenticator=bind_credential(self.auth, credential, api_url=self.config["api_url"]),
                limiter=self.limiter,
                user_agent=self.config.get("user_agent") or f"{self.name}/{self.plugin_version} (dif)",
                retry=self.retry,
                waiting=self.stop.waiting,
                credential_ref=reference,
                rotated=None if keeper is None else keeper.keep,
                tokens=self.limiter.tokens if keeper is None else keeper.tokens,
                remedy="renew it there" if keeper is None else keeper.remedy,
            )
        return self._http

    @property
    def limiter(self) -> MeteredLimiter:
        """The budgets; the first call reaches for their store.

        Raises:
            BudgetError: Redis is configured, but does not answer.
        """
        if self._budgets is None:
            self._budgets = self.fleet.open(horizon_seconds=self.retry.horizon_seconds)
        return self._budgets

    @property
    def shared_limiter(self) -> Limiter | None:
        """The limiter, if other processes share it."""
        return self.limiter if self.fleet.is_shared else None

    def day(self, setting: str) -> date | None:
        """A setting that holds a day, with or without a time behind it; None if it is not set.

        Raises:
            ConfigError: it is not a day.
        """
        value = self.config.get(setting)
        if not value:
            return None
        try:
            return date.fromisoformat(str(value)[:10])
        except ValueError as error:
            raise ConfigError(f"{setting} is {value!r}; write it as 2026-01-31") from error

    @override
    def run(self, sync: Callable[[], None]) -> None:
        """Do one run, with a receipt in the first STATE and in the last.

        Raises:
            PartialRunError: partitions are missing, or a signal ended the run.
            AlreadyRunningError: another run of this tap for this client is alive.
            DifError: nothing could be read, or nothing more.
        """
        self._receipts, self.known_ids = Run(self.checksums), KnownIds()
        self.jobs = OpenJobs(self.state)
        with self._alone() as obstacle:
            self.state_due(self.state)
            try:
                failure = obstacle or self._sync(sync) or self.stop.lost() or self.receipts.failure()
            except BrokenPipeError:
                raise  # nobody reads any more
            except BaseException:
                self._write_last_state(is_complete=False)
                raise
            finally:
                self.ahead.close()
            self._write_last_state(is_complete=failure is None)
        if failure is not None:
            raise failure
        self.logger.info("%s", self.receipts.summary())

    @contextmanager
    def _alone(self) -> Iterator[DifError | None]:
        """Be the only live run of its kind; gives why that cannot be known, if it cannot.

        Raises:
            AlreadyRunningError: another one is; nothing was written, for a STATE would overwrite one of the other's.
        """
        obstacle: DifError | None = None
        with ExitStack() as held:
            held.callback(self._close)
            try:
                lease = self.fleet.claim(self.limiter, self.receipts.receipt.run_id)
            except AlreadyRunningError:
                raise
            except DifError as error:
                obstacle = error
            else:
                if lease is not None:
                    held.enter_context(lease)
                    held.enter_context(self.stop.guarded_by(lease.check))
            yield obstacle

    def _sync(self, sync: Callable[[], None]) -> DifError | None:
        """Walk the streams; what ended the walk before its end, if anything did."""
        try:
            _ = self.http
            self.begin_to_read_ahead()
            with self._telling():
                sync()
        except EndOfRun as end:
            return end.reason
        except DifError as error:
            return error
        return None

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell whoever watches how far the run is."""
        if not is_watched(self.config.get("progress")):
            yield
            return
        progress = Progress(self.name, lambda: place_of(self.ahead, self.receipts), self._waited_seconds)
        try:
            yield
        finally:
            progress.close()

    def _waited_seconds(self) -> float:
        return 0.0 if self._budgets is None else self._budgets.waited_seconds

    def begin_to_read_ahead(self) -> None:
        """Let workers fetch what the run will send."""
        self.ahead = ReadAhead(self.stop, concurrency=self.config["concurrency"])
        streams = [cast("Stream", stream) for stream in self.streams.values()]
        for stream in streams:
            stream.open_bookmarks()  # now, in their order: STATE must not depend on who looks first
        self.ahead.start(
            [s for s in streams if s.parent_stream_type is None and (s.selected or s.has_selected_descendents)]
        )

    def _close(self) -> None:
        self.ahead.close()
        if self._http is not None:
            self._http.close()
        elif self._budgets is not None:
            self._budgets.close()
        self._http = self._budgets = None

    @override
    def trial(self, test: Callable[[], bool]) -> bool:
        """Read one row of each stream.

        Raises:
            DifError: a stream cannot be read.
        """
        self._receipts = Run(self.checksums)
        try:
            passed = test()
        except EndOfRun as end:
            raise end.reason from end
        failure = self.receipts.failure()
        if failure is not None:
            raise failure
        return passed

    @override
    def state_due(self, bookmarks: Mapping[str, Any]) -> None:
        if self.stop.lost() is not None:
            return  # the next record ends the run
        value = self.receipts.next_state(bookmarks)
        if value is not None:
            self.write_state_value(value)

    @override
    def signalled(self, number: int) -> None:
        self.stop.press(number)

    @classmethod
    @override
    def get_singer_command(cls) -> Command:
        """The SDK's command line with our ending."""
        command = super().get_singer_command()
        return TapCommand(
            name=command.name,
            callback=command.callback,
            context_settings=command.context_settings,
            params=command.params,
            help=cls.__doc__ or command.help,
            logger=cls.logger,
        )

    def _write_state(self) -> None:
        self.write_state_value(self.receipts.state_value(self.state))

    def _write_last_state(self, *, is_complete: bool) -> None:
        if self.stop.lost() is not None:
            return  # another run may be writing its own by now
        self.jobs.write(cast("dict[str, Any]", self.state), keep=not is_complete)
        self.receipts.end(is_complete=is_complete)
        self._write_state()
        self._tell_incidents(is_complete=is_complete)

    def _tell_incidents(self, *, is_complete: bool) -> None:
        retries = 0 if self._http is None else self._http.retries
        given_up = None if self._http is None or is_complete else self._http.given_up
        request = None if given_up is None else FailedRequest(*given_up)
        incidents = Incidents(round(self._waited_seconds(), 3), retries, request)
        if incidents != Incidents():
            self.logger.info("%s", incidents.line())

    def _warn_of_unknown_settings(self) -> None:
        for setting in sorted(set(self.config) - set(self.config_jsonschema["properties"])):
            self.logger.log(logging.WARNING, "unknown setting %r: it has no effect", setting)

    def _warn_of_sunset(self) -> None:
        sunset = self.api_sunset
        if sunset is None or (left := (sunset - datetime.now(UTC).date()).days) > _SUNSET_DAYS:
            return
        when = f"in {left} days, on {sunset}" if left > 0 else f"since {sunset}"
        self.logger.log(
            logging.WARNING, "the version at %s is switched off %s: update %s", self.api_url, when, self.name
        )
