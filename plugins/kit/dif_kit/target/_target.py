"""The base class of targets: a Singer target by its command line, a batch engine inside."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, ClassVar

import click
import singer_sdk
from singer_sdk.helpers.capabilities import PluginCapabilities
from singer_sdk.io_base import SingerReader
from typing_extensions import override

from dif_kit.delivery import open_mirror
from dif_kit.errors import ConfigError
from dif_kit.support import Support
from dif_kit.target._cells import Limits
from dif_kit.target._cli import speaking
from dif_kit.target._engine import Engine
from dif_kit.target._formats import FileFormat
from dif_kit.target._maps import stream_maps
from dif_kit.target._mirrored import MirroredDestination
from dif_kit.target._nowhere import Nowhere
from dif_kit.target._reader import open_source
from dif_kit.target._settings import Settings, target_settings
from dif_kit.target._signals import Signals, default_signals
from dif_kit.target._state import HeldState, UntoldState
from dif_kit.target._store import open_store

if TYPE_CHECKING:
    from collections import Counter

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from dif_kit.target._ports import Destination
    from dif_kit.target._store import Store

__all__ = ["Target"]

_UNUSED_BUILTINS = frozenset({"load_method", "batch_size_rows", "batch_config", "validate_records"})


class Target(singer_sdk.Target):
    """A Singer target that stages rows as gzipped CSV on S3, then hands them to its destination.

    A subclass states facts and gives a destination::

        class TargetExample(Target):
            name = "target-example"
            config_jsonschema = target_settings(th.Property("host", th.StringType, required=True))
            max_text_bytes = 65535

            def destination(self) -> Destination:
                return ExampleDestination(self.config)
    """

    config_jsonschema: ClassVar[dict[str, Any]] = target_settings()
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
        PluginCapabilities.BATCH,
        PluginCapabilities.ACTIVATE_VERSION,
    ]

    support: ClassVar[Support] = Support.ALPHA
    """How far the target may be relied on: docs/support.md."""

    max_text_bytes: ClassVar[int | None] = None
    """Longest text in UTF-8 bytes that the destination takes; a longer one is quarantined."""

    max_nested_bytes: ClassVar[int | None] = None
    """Longest serialized JSON in bytes that the destination takes in one value."""

    max_row_bytes: ClassVar[int | None] = None
    """Longest row in bytes of CSV that the destination takes."""

    schemes: ClassVar[tuple[str, ...]] = ("s3",)
    """Where rows may be staged: on `s3`, in a local `file` folder."""

    is_rehearsal: ClassVar[bool] = False
    """Whether messages are only looked at: nothing is staged, no STATE is told. The destination must do its part."""

    @property
    def file_format(self) -> FileFormat:
        """How files of rows are named and written: as the destination reads them."""
        return FileFormat()

    @property
    def settings(self) -> Settings:
        """The settings that every batch target has, checked.

        Raises:
            ConfigError: one of them cannot be used.
        """
        return Settings.from_config(self.config)

    @abstractmethod
    def destination(self) -> Destination:
        """Where this run's units go; called once a run, before the first message. ``store`` is open by then.

        Raises:
            DifError: the destination cannot be reached or used; the run ends with this one line.
        """

    @override
    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        default_signals()  # the SDK's handler would end a target that is starting with exit code 0
        if warning := self.support.warning(self.name):
            self.logger.warning(warning)
        self._run = ExitStack()
        self._engine: Engine | None = None
        self.store: Store
        self.message_reader = _EngineReader(self)

    def take_messages(self, file: IO[str] | None) -> Counter[str]:
        """Begin the run, and take all messages of ``file``, or of standard input without one.

        Raises:
            DifError: the run failed.
            SystemExit: a signal ended it.
        """
        try:
            signals = self._run.enter_context(Signals())
            limits = Limits(self.max_text_bytes, self.max_nested_bytes, self.max_row_bytes)
            maps = stream_maps(self.config, self.mapper)
            settings, form = self.settings, self.file_format
            self._require_scheme(settings)
            self.store = Nowhere(settings.bucket) if self.is_rehearsal else open_store(settings, signals.wait)
            destination = self.destination()
            if not self.is_rehearsal and (mirror := open_mirror()) is not None:
                destination = MirroredDestination(destination, mirror, self.name)
            self._run.callback(destination.close)
            state = UntoldState() if self.is_rehearsal else HeldState()
            self._engine = Engine(
                settings, limits, maps, self.store, destination, signals=signals, form=form, state=state
            )
            self._engine.consume(open_source(file, signals))
        except BaseException:
            self._close()
            raise
        return self._engine.counts

    def _require_scheme(self, settings: Settings) -> None:
        scheme = "file" if settings.bucket.startswith("file:") else "s3"
        if scheme not in self.schemes:
            raise ConfigError(f"bucket is {settings.bucket!r}: {self.name} stages on S3, not in a local folder")

    @override
    def process_endofpipe(self) -> None:
        """Deliver what is left and end the run."""
        try:
            if self._engine is not None:
                self._engine.finish()
        finally:
            self._close()

    def _close(self) -> None:
        with self._run:
            if self._engine is not None:
                self._engine.abandon()

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the SDK's settings, without those that would mean nothing here."""
        builtin: dict[str, Any] = {"properties": {}}
        super().append_builtin_config(builtin)
        for name, facts in builtin["properties"].items():
            if name not in _UNUSED_BUILTINS:
                config_jsonschema["properties"].setdefault(name, facts)

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the settings file; one that is not there or is no JSON is a usage error."""
        try:
            return super().cb_config(ctx, param, value)
        except (OSError, ValueError) as error:
            raise click.BadParameter(str(error), ctx, param) from error

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        if command.callback is not None:
            command.callback = speaking(cls.name, command.callback)
        return command


class _EngineReader(SingerReader):
    """The SDK asks its reader for messages; the engine takes them itself."""

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._target = target

    @override
    def process_lines(self, file_input: IO[str] | None, callbacks: object) -> Counter[str]:
        return self._target.take_messages(file_input)
