"""Audiences of a customer."""

from __future__ import annotations

from tap_google_ads._facts import select
from tap_google_ads._stream import batches, schema
from tap_google_ads.lists import Entity

__all__ = ["Audiences", "CustomAudiences"]

_AUDIENCE = (
    "audience.resource_name",
    "customer.id",
    "audience.id",
    "audience.name",
    "audience.status",
    "audience.description",
)
_CUSTOM_AUDIENCE = (
    "custom_audience.resource_name",
    "customer.id",
    "custom_audience.id",
    "custom_audience.name",
    "custom_audience.status",
    "custom_audience.type",
    "custom_audience.description",
)


class Audiences(Entity):
    """Audiences."""

    name = "audience"
    primary_keys = ("audience_resource_name",)
    schema = schema(_AUDIENCE, _AUDIENCE[:1])
    records = batches(_AUDIENCE)
    body = select(_AUDIENCE, "audience")


class CustomAudiences(Entity):
    """Audiences by what people searched for or looked at."""

    name = "custom_audience"
    primary_keys = ("custom_audience_resource_name",)
    schema = schema(_CUSTOM_AUDIENCE, _CUSTOM_AUDIENCE[:1])
    records = batches(_CUSTOM_AUDIENCE)
    body = select(_CUSTOM_AUDIENCE, "custom_audience")
