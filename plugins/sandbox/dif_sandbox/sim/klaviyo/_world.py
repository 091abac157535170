"""What there is in a client's account, as flat rows: resources are made of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dif_sandbox.sim.generator import Draw, last_change
from dif_sandbox.sim.world import Figures, Things

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_sandbox.sim.clock import Clock

__all__ = ["CHANNELS", "COUNTS", "FLOWS", "LISTS", "SEGMENTS", "Row", "World"]

Row = dict[str, Any]

CHANNELS: Final = {"email": "email", "sms": "sms", "mobile_push": "push-notification"}
"""Channel of a campaign's message -> the word that reports have for it."""
ZONES: Final = ("America/New_York", "Europe/Berlin", "Asia/Tokyo")
COUNTS: Final = {"recipients": 5_000, "opens": 2_500, "clicks": 400, "conversions": 30}
EPOCH: Final = datetime(2025, 3, 12, 15, 2, 47, tzinfo=UTC)
FIRST_EVENT: Final = datetime(2026, 6, 1, tzinfo=UTC)
"""It stays where it is: a horizon that moved with the clock would take events away, which Klaviyo never does."""
LISTS: Final = 13
SEGMENTS: Final = 3
METRICS, TEMPLATES, TAGS, FORMS = 9, 12, 3, 2
FLOWS: Final = 3
CAMPAIGNS, MEMBERS, PROFILES, EVENTS = 6, 30, 150, 40
"""Each of these many times the scale; campaigns of each channel, members of each list, events of each day."""


@dataclass(frozen=True, slots=True)
class World:
    """The accounts of all clients, one for each."""

    clock: Clock
    draw: Draw
    figures: Figures
    clients: tuple[str, ...]
    scale: int

    @classmethod
    def of(cls, clock: Clock, draw: Draw, clients: Sequence[str], scale: int) -> World:
        """The world of some clients."""
        return cls(clock, draw, Figures(draw, COUNTS, withdrawn=0.2), tuple(clients), scale)

    def id(self, client: str, kind: str, number: int, length: int = 6) -> str:
        """An identifier as Klaviyo's: letters and digits."""
        return self.draw.token("id", client, kind, number, length=length)

    def account(self, client: str) -> Row:
        """The client's account."""
        number = self.draw.bits("zone", client) % len(ZONES)
        return {
            "id": self.id(client, "account", 0), "test_account": False, "industry": 'Ecommerce, "Apparel"',
            "timezone": ZONES[number], "preferred_currency": ("USD", "EUR", "JPY")[number], "locale": "en-US",
            "public_api_key": self.id(client, "account", 0), "contact_information": {"organization_name": client},
        }  # fmt: skip

    def now(self, client: str) -> datetime:
        """The moment in the account's zone."""
        return self.clock.now().astimezone(ZoneInfo(self.account(client)["timezone"]))

    def campaigns(self, client: str, channel: str) -> Sequence[Row]:
        """The campaigns of a channel; each fifth is archived."""
        return Things(CAMPAIGNS * self.scale, lambda number: self._campaign(client, channel, number))

    def _campaign(self, client: str, channel: str, number: int) -> Row:
        sent = _moment(EPOCH + timedelta(days=number % 400))
        return {
            "id": self.id(client, f"campaign {channel}", number, 26), "name": f"Campaign № {number}", "status": "Sent",
            "archived": number % 5 == 0, "audiences": {"included": [self.id(client, "list", 0)], "excluded": []},
            "send_options": {"use_smart_sending": True}, "tracking_options": None, "created_at": _moment(EPOCH),
            "send_strategy": {"method": "static", "datetime": sent}, "scheduled_at": sent, "updated_at": sent,
            "send_time": sent, "campaign_message_ids": [self.id(client, f"message {channel}", number, 26)],
            "tag_ids": [self.id(client, "tag", number % TAGS)],
        }  # fmt: skip

    def messages(self, client: str, channel: str) -> Sequence[Row]:
        """The messages of the campaigns of a channel."""
        return Things(CAMPAIGNS * self.scale, lambda number: self._message(client, channel, number))

    def _message(self, client: str, channel: str, number: int) -> Row:
        label = f'Message "{number}"\tüber'
        return {
            "id": self.id(client, f"message {channel}", number, 26), "created_at": _moment(EPOCH),
            "definition": {"channel": channel, "label": label}, "send_times": [], "updated_at": _moment(EPOCH),
            "campaign_id": self.id(client, f"campaign {channel}", number, 26), "image_id": None,
            "template_id": self.id(client, "template", number % TEMPLATES) if channel == "email" else None,
        }  # fmt: skip

    def flows(self, client: str) -> Sequence[Row]:
        """The flows; each of two actions, of which one sends a message."""
        return Things(
            FLOWS * self.scale,
            lambda number: {
                "id": self.id(client, "flow", number), "name": f"Flow № {number}", "archived": number % 4 == 0,
                "status": "live", "trigger_type": "Metric", "created": _moment(EPOCH), "updated": _moment(EPOCH),
                "flow_action_ids": [self.id(client, "action", 2 * number + one) for one in range(2)], "tag_ids": [],
            },
        )  # fmt: skip

    def actions(self, client: str, flow: int) -> Sequence[Row]:
        """The actions of a flow."""
        return [
            {
                "id": self.id(client, "action", 2 * flow + one), "flow_id": self.id(client, "flow", flow),
                "definition": {"type": ("send-email", "time-delay")[one]}, "created": _moment(EPOCH),
                "updated": _moment(EPOCH), "flow_message_ids": [self.id(client, "flow message", flow)][one:],
            }
            for one in range(2)
        ]  # fmt: skip

    def flow_messages(self, client: str, action: int) -> Sequence[Row]:
        """The messages of an action; a delay has none."""
        if action % 2:
            return []
        flow = action // 2
        return [
            {
                "id": self.id(client, "flow message", flow), "channel": "email", "created": _moment(EPOCH),
                "updated": _moment(EPOCH), "definition": {"subject": f"№ {flow}"},
                "template_id": self.id(client, "template", 0), "flow_id": self.id(client, "flow", flow),
                "flow_action_id": self.id(client, "action", action),
            }
        ]  # fmt: skip

    def named(self, client: str, kind: str) -> Sequence[Row]:
        """The things of one of the small kinds."""
        kinds: dict[str, tuple[int, Row]] = {
            "list": (LISTS, {"opt_in_process": "double_opt_in", "tag_ids": []}),
            "segment": (SEGMENTS, {"definition": {"condition_groups": []}, "is_active": True, "is_processing": False,
                                   "is_starred": False, "tag_ids": []}),
            "metric": (METRICS, {"integration": {"object": "integration", "key": "shopify"}}),
            "template": (TEMPLATES, {"editor_type": "CODE", "html": '<p>a\n"b"</p>', "text": "", "amp": None}),
            "tag": (TAGS, {"tag_group_id": self.id(client, "tag group", 0)}),
            "form": (FORMS, {"status": "live", "ab_test": False}),
        }  # fmt: skip
        number, more = kinds[kind]
        times = {"tag": (), "form": ("created_at", "updated_at")}.get(kind, ("created", "updated"))
        own = {**dict.fromkeys(times, _moment(EPOCH)), **more}
        return [{"id": self.id(client, kind, one), "name": f"{kind} {one} of {client}", **own} for one in range(number)]

    def members(self, client: str, kind: str, number: int) -> Sequence[Row]:
        """Who is in a list or a segment."""
        return [
            {
                "id": self.id(client, "profile", (7 * number + one) % self.profile_count, 26),
                "joined_group_at": _moment(EPOCH + timedelta(minutes=one)), f"{kind}_id": self.id(client, kind, number),
            }
            for one in range(MEMBERS * self.scale)
        ]  # fmt: skip

    def sizes(self, client: str, kind: str) -> Sequence[Row]:
        """How many are in each list or segment."""
        return [
            {"id": row["id"], "name": row["name"], "profile_count": len(self.members(client, kind, number))}
            for number, row in enumerate(self.named(client, kind))
        ]

    @property
    def profile_count(self) -> int:
        """How many profiles an account has."""
        return PROFILES * self.scale

    def profiles(self, client: str) -> Sequence[Row]:
        """The profiles in the order of their last change; some change each day."""
        today = self.clock.now().date().toordinal() - 1
        found = [self._profile(client, number, today) for number in range(self.profile_count)]
        return sorted(found, key=lambda row: (row["updated"], row["id"]))

    def _profile(self, client: str, number: int, today: int) -> Row:
        day = date.fromordinal(last_change(self.draw.seed, f"profile {client} {number}", today, 0.1))
        changed = datetime.combine(day, time(number % 24, number % 60, tzinfo=UTC))
        return {
            "id": self.id(client, "profile", number, 26), "email": f"p{number}@shop.example", "phone_number": None,
            "external_id": None, "anonymous_id": None, "first_name": "Zoë", "last_name": f'"{number}"', "image": None,
            "organization": None, "locale": "en-US", "title": None, "created": _moment(EPOCH), "last_event_date": None,
            "updated": _moment(changed), "location": {"city": "Springfield", "zip": None}, "properties": {"n": number},
            "subscriptions": {"email": {"marketing": {"consent": "SUBSCRIBED"}}},
            "predictive_analytics": {"historic_clv": 12.5, "churn_probability": None},
        }  # fmt: skip

    def events(self, client: str, since: datetime) -> Sequence[Row]:
        """The events from a moment on, in their order."""
        now = self.clock.now()
        first = max(since, FIRST_EVENT)
        days = range(first.toordinal(), now.toordinal() + 1)
        rows = (self._event(client, day, number) for day in days for number in range(EVENTS * self.scale))
        until, begin = _moment(now), _moment(first)
        return [row for row in rows if begin <= row["datetime"] <= until]

    def _event(self, client: str, day: int, number: int) -> Row:
        seconds = number * 86_399 // (EVENTS * self.scale)
        moment = datetime.combine(date.fromordinal(day), time.min, UTC) + timedelta(seconds=seconds)
        return {
            "id": self.id(client, f"event {day}", number, 11), "timestamp": int(moment.timestamp()),
            "datetime": _moment(moment), "uuid": self.id(client, f"uuid {day}", number, 32),
            "event_properties": {"$event_id": f"{day}:{number}", "Value": 49.95, "Items": ["a", "b"]},
            "profile_id": self.id(client, "profile", number % self.profile_count, 26),
            "metric_id": self.id(client, "metric", number % METRICS),
        }  # fmt: skip


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
