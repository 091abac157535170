"""The lists of the API: where they are, of what type their resources, in which tier, and what may be asked of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.klaviyo._errors import invalid
from dif_sandbox.sim.klaviyo._world import CHANNELS, FLOWS, LISTS, SEGMENTS, Row, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["ENDPOINTS", "MESSAGES", "ListOf", "everything", "resource"]

_ALWAYS: Final = {"page[cursor]", "page[size]"}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list: the tap's name for it, the type of its resources, its tier, the most of a page, what is in it.

    `linked` is column -> relationship and type of what its id, or its ids, lead to; `hidden` are columns that a path
    says and resources do not. A page comes empty in the middle where it `has_gaps`: Klaviyo filters after it cuts. What
    is no list but one resource has no pages: `is_one`.
    """

    name: str
    kind: str
    tier: str
    most: int
    things: Callable[[World, str, Mapping[str, Any]], Sequence[Row]]
    linked: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    has_gaps: bool = False
    is_one: bool = False

    def check(self, given: Mapping[str, Any], path: frozenset[str]) -> None:
        """Refuse parameters that the endpoint has not.

        Raises:
            Refusal: there are some.
        """
        if unknown := given.keys() - self.parameters - (set() if self.is_one else _ALWAYS) - path:
            name = min(unknown)
            raise invalid(name, f"'{name}' is not a valid query parameter for this resource.")


def resource(asked: ListOf, row: Row) -> Row:
    """A row as a resource of JSON:API."""
    attributes = {name: value for name, value in row.items() if name not in {"id", *asked.linked, *asked.hidden}}
    own = f"https://a.klaviyo.com/api/{asked.kind}s/{row['id']}"
    relationships: Row = {}
    for column, (name, kind) in asked.linked.items():
        held = row[column]
        many = [{"type": kind, "id": one} for one in (held if isinstance(held, list) else [held]) if one is not None]
        data = many if isinstance(held, list) else next(iter(many), None)
        relationships[name] = {"data": data, "links": {"related": f"{own}/{name}"}}
    return {
        "type": asked.kind, "id": row["id"], "attributes": attributes, "relationships": relationships,
        "links": {"self": own},
    }  # fmt: skip


def _campaigns(world: World, client: str, given: Mapping[str, Any]) -> Sequence[Row]:
    filter_ = str(given.get("filter", ""))
    channel = re.search(r"equals\(messages\.channel,'(\w+)'\)", filter_)
    if channel is None or channel[1] not in CHANNELS:
        raise invalid("filter", "A channel filter is required to list campaigns.")
    archived = re.search(r"equals\(archived,(true|false)\)", filter_)
    is_archived = archived is not None and archived[1] == "true"
    return [row for row in world.campaigns(client, channel[1]) if row["archived"] == is_archived]


def _profiles(world: World, client: str, given: Mapping[str, Any]) -> Sequence[Row]:
    since = _since(given, "updated", "greater-than")
    if given.get("sort") not in {None, "updated"}:
        raise invalid("sort", "Only updated is simulated.")
    more = set(str(given.get("additional-fields[profile]", "")).split(","))
    if more - {"", "subscriptions", "predictive_analytics"}:
        raise invalid("additional-fields[profile]", "subscriptions and predictive_analytics are what there is.")
    left_out = {"subscriptions", "predictive_analytics"} - more
    found = (row for row in world.profiles(client) if since is None or datetime.fromisoformat(row["updated"]) > since)
    return [{name: value for name, value in row.items() if name not in left_out} for row in found]


def _events(world: World, client: str, given: Mapping[str, Any]) -> Sequence[Row]:
    since = _since(given, "datetime", "greater-or-equal")
    if given.get("sort") != "datetime":
        raise invalid("sort", "Only datetime is simulated.")
    return world.events(client, since or datetime.min.replace(tzinfo=UTC))


def _since(given: Mapping[str, Any], column: str, operator: str) -> datetime | None:
    text = given.get("filter")
    if text is None:
        return None
    found = re.fullmatch(rf"{operator}\({column},([^)]+)\)", str(text))
    try:
        moment = datetime.fromisoformat(found[1] if found else "")
    except ValueError as wrong:
        raise invalid("filter", f"{text} is not {operator}({column},<RFC 3339>).") from wrong
    if moment.tzinfo is None:
        raise invalid("filter", f"{text} does not say its zone.")
    return moment


def _named(kind: str) -> Callable[[World, str, Mapping[str, Any]], Sequence[Row]]:
    return lambda world, client, _given: world.named(client, kind)


def _number(world: World, client: str, kind: str, most: int, own: str) -> int:
    return next((number for number in range(most) if world.id(client, kind, number) == own), -1)


def _members(kind: str, most: int) -> Callable[[World, str, Mapping[str, Any]], Sequence[Row]]:
    def members(world: World, client: str, given: Mapping[str, Any]) -> Sequence[Row]:
        if given.get("fields[profile]") != "joined_group_at":
            raise invalid("fields[profile]", "Only joined_group_at is simulated.")
        number = _number(world, client, kind, most, given["id"])
        return [] if number < 0 else world.members(client, kind, number)

    return members


def _size(kind: str, most: int) -> Callable[[World, str, Mapping[str, Any]], Sequence[Row]]:
    def size(world: World, client: str, given: Mapping[str, Any]) -> Sequence[Row]:
        asked = (given.get(f"additional-fields[{kind}]"), given.get(f"fields[{kind}]"))
        if asked != ("profile_count", "name,profile_count"):
            raise invalid(f"fields[{kind}]", "Only name and profile_count are simulated.")
        number = _number(world, client, kind, most, given["id"])
        return [] if number < 0 else [row for row in world.sizes(client, kind) if row["id"] == given["id"]]

    return size


def _of_size(kind: str, most: int) -> ListOf:
    asked = frozenset({f"additional-fields[{kind}]", f"fields[{kind}]"})
    return ListOf(f"{kind}_sizes", kind, "XS", 1, _size(kind, most), parameters=asked, is_one=True)


def _actions(world: World, client: str, given: Mapping[str, Any]) -> Sequence[Row]:
    number = _number(world, client, "flow", FLOWS * world.scale, given["id"])
    return [] if number < 0 else world.actions(client, number)


def _flow_messages(world: World, client: str, given: Mapping[str, Any]) -> Sequence[Row]:
    number = _number(world, client, "action", 2 * FLOWS * world.scale, given["id"])
    return [] if number < 0 else world.flow_messages(client, number)


_TAGS: Final = {"tag_ids": ("tags", "tag")}
_OF_PROFILES: Final = frozenset({"fields[profile]"})
#: Path below /api -> the list that is there; tiers and sizes of pages are those of the page of each endpoint.
ENDPOINTS: Final[Mapping[str, ListOf]] = {
    "/accounts": ListOf("accounts", "account", "XS", 1, lambda world, client, _: [world.account(client)]),
    "/campaigns": ListOf(
        "campaigns", "campaign", "M", 100, _campaigns,
        {"campaign_message_ids": ("campaign-messages", "campaign-message"), **_TAGS},
        parameters=frozenset({"filter", "sort", "include"}), has_gaps=True,
    ),
    "/flows": ListOf(
        "flows", "flow", "S", 50, lambda world, client, _: world.flows(client),
        {"flow_action_ids": ("flow-actions", "flow-action"), **_TAGS}, parameters=frozenset({"sort"}),
    ),
    "/flows/{id}/flow-actions": ListOf(
        "flow_actions", "flow-action", "S", 50, _actions, {"flow_message_ids": ("flow-messages", "flow-message")},
        hidden=frozenset({"flow_id"}),
    ),
    "/flow-actions/{id}/flow-messages": ListOf(
        "flow_messages", "flow-message", "S", 50, _flow_messages, {"template_id": ("template", "template")},
        hidden=frozenset({"flow_id", "flow_action_id"}),
    ),
    "/lists": ListOf("lists", "list", "L", 10, _named("list"), _TAGS, has_gaps=True),
    "/lists/{id}": _of_size("list", LISTS),
    "/lists/{id}/profiles": ListOf(
        "list_members", "profile", "L", 100, _members("list", LISTS), hidden=frozenset({"list_id"}),
        parameters=_OF_PROFILES, has_gaps=True,
    ),
    "/segments": ListOf("segments", "segment", "L", 10, _named("segment"), _TAGS),
    "/segments/{id}": _of_size("segment", SEGMENTS),
    "/segments/{id}/profiles": ListOf(
        "segment_members", "profile", "L", 100, _members("segment", SEGMENTS), hidden=frozenset({"segment_id"}),
        parameters=_OF_PROFILES,
    ),
    "/metrics": ListOf("metrics", "metric", "M", 200, _named("metric")),
    "/templates": ListOf("templates", "template", "L", 10, _named("template")),
    "/tags": ListOf("tags", "tag", "S", 50, _named("tag"), {"tag_group_id": ("tag-group", "tag-group")}),
    "/forms": ListOf("forms", "form", "S", 100, _named("form")),
    "/profiles": ListOf(
        "profiles", "profile", "M", 100, _profiles,
        parameters=frozenset({"filter", "sort", "additional-fields[profile]"}), has_gaps=True,
    ),
    "/events": ListOf(
        "events", "event", "XL", 1_000, _events,
        {"profile_id": ("profile", "profile"), "metric_id": ("metric", "metric")},
        parameters=frozenset({"filter", "sort"}),
    ),
}  # fmt: skip
MESSAGES: Final = ListOf(
    "campaign_messages", "campaign-message", "M", 100, lambda _world, _client, _: (),
    {"template_id": ("template", "template"), "image_id": ("image", "image")}, hidden=frozenset({"campaign_id"}),
)  # fmt: skip
"""What campaigns bring along."""


def _rows_of(world: World, client: str, kind: str) -> Iterator[Row]:
    return iter(world.named(client, kind))


def everything(world: World, client: str, since: datetime) -> Mapping[str, Callable[[], Iterator[Row]]]:
    """The tap's name of a list -> all its rows; events are those since a moment."""
    flows, actions = range(FLOWS * world.scale), range(2 * FLOWS * world.scale)
    return {
        "accounts": lambda: iter([world.account(client)]),
        "campaigns": lambda: (row for channel in CHANNELS for row in world.campaigns(client, channel)),
        "campaign_messages": lambda: (row for channel in CHANNELS for row in world.messages(client, channel)),
        "flows": lambda: iter(world.flows(client)),
        "flow_actions": lambda: (row for flow in flows for row in world.actions(client, flow)),
        "flow_messages": lambda: (row for action in actions for row in world.flow_messages(client, action)),
        "list_sizes": lambda: iter(world.sizes(client, "list")),
        "segment_sizes": lambda: iter(world.sizes(client, "segment")),
        "list_members": lambda: (row for one in range(LISTS) for row in world.members(client, "list", one)),
        "segment_members": lambda: (row for one in range(SEGMENTS) for row in world.members(client, "segment", one)),
        "profiles": lambda: iter(world.profiles(client)),
        "events": lambda: iter(world.events(client, since)),
        **{
            f"{kind}s": partial(_rows_of, world, client, kind)
            for kind in ("list", "segment", "metric", "template", "tag", "form")
        },
    }
