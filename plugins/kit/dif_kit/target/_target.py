"""The base class of targets: a Singer target by its command line, a batch engine inside."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import singer_sdk
from singer_sdk.helpers.capabilities import PluginCapabilities

from dif_kit.target._settings import Settings, target_settings

if TYPE_CHECKING:
    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from dif_kit.target._ports import Destination

__all__ = ["Target"]


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
    ]

    max_text_bytes: ClassVar[int | None] = None
    """Longest text in UTF-8 bytes that the destination takes; a longer one is quarantined."""

    max_nested_bytes: ClassVar[int | None] = None
    """Longest serialized JSON in bytes that the destination takes in one value."""

    max_row_bytes: ClassVar[int | None] = None
    """Longest row in bytes of CSV that the destination takes."""

    @property
    def settings(self) -> Settings:
        """The settings that every batch target has, checked.

        Raises:
            ConfigError: one of them cannot be used.
        """
        return Settings.from_config(self.config)

    @abstractmethod
    def destination(self) -> Destination:
        """Where this run's units go; called once a run, before the first message.

        Raises:
            DifError: the destination cannot be reached or used; the run ends with this one line.
        """
