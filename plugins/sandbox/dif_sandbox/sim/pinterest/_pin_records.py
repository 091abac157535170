"""Boards, their sections and pins, as the API shows them at a moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dif_sandbox.sim.pinterest._texts import LINKS, LONG_TEXT, NAMES, TOPICS

if TYPE_CHECKING:
    from dif_sandbox.sim.pinterest._world import Board, Pin, Section, World

__all__ = ["board", "pin", "section"]

Record = dict[str, Any]

DAY = 86_400


def board(world: World, thing: Board, moment: int) -> Record:
    """A board; pins and followers are those of the moment."""
    draw = world.draw
    pins = [pin.created for pin in world.pins if pin.board is thing and pin.created <= moment]
    cover = f"https://i.pinimg.com/400x300/{draw.token('cover', thing.id, length=32)}.jpg"
    return {
        "id": thing.id,
        "created_at": _time(thing.created),
        "board_pins_modified_at": f"{_time(max([thing.created, *pins]))}.{draw.integer(1, 999, thing.id):03}000",
        "name": f"{TOPICS[thing.number % len(TOPICS)]} {thing.number}",
        "description": draw.choice((None, "", "Ideas, “quoted”,\nand more 🌿", LONG_TEXT), "text", thing.id),
        "collaborator_count": draw.integer(0, 3, "collaborators", thing.id),
        "pin_count": len(pins),
        "follower_count": draw.integer(0, 50, "followers", thing.id) + (moment - thing.created) // (3 * DAY),
        "media": {"image_cover_url": cover if pins else None, "pin_thumbnail_urls": []},
        "owner": {"username": world.username},
        "privacy": "PUBLIC" if thing.number % 4 else "PROTECTED",
        "is_ads_only": False,
    }


def section(_world: World, thing: Section, _moment: int) -> Record:
    """A section of a board; the API shows its id and name only."""
    return {"id": thing.id, "name": NAMES[thing.number] or "Section"}


def pin(world: World, thing: Pin, _moment: int) -> Record:
    """A pin."""
    draw = world.draw
    video = draw.chance(0.1, "video", thing.id)
    image = f"https://i.pinimg.com/originals/{draw.token('image', thing.id, length=32)}.jpg"
    return {
        "id": thing.id,
        "created_at": _time(thing.created),
        "link": draw.choice((None, *LINKS), "link", thing.id),
        "title": draw.choice((None, *NAMES), "title", thing.id),
        "description": draw.choice((None, "", *NAMES, LONG_TEXT[:800]), "text", thing.id),
        "dominant_color": f"#{draw.token('color', thing.id, length=6)}",
        "alt_text": None,
        "creative_type": "VIDEO" if video else "REGULAR",
        "board_id": thing.board.id,
        "board_section_id": thing.section.id if thing.section else None,
        "board_owner": {"username": world.username},
        "is_owner": True,
        "is_standard": True,
        "media": {"media_type": "image", "images": {"600x": {"width": 600, "height": 900, "url": image}}},
        "parent_pin_id": draw.digits("6667", 18, "parent", thing.id) if draw.chance(0.2, "p", thing.id) else None,
        "pin_metrics": None,
        "has_been_promoted": draw.chance(0.3, "promoted", thing.id),
    }


def _time(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S")
