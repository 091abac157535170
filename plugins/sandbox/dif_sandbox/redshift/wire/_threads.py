"""A blocking iterator, read in a thread and handed to the event loop in bounded steps."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

__all__ = ["iterate_in_thread"]

_T = TypeVar("_T")
DEPTH = 4  # items waiting, so that memory stays flat


async def iterate_in_thread(iterate: Callable[[], Iterator[_T]]) -> AsyncGenerator[_T, None]:
    """The items of `iterate()`; what it raises is raised here. Closing ends the thread."""
    loop = asyncio.get_running_loop()
    items: asyncio.Queue[tuple[_T] | None] = asyncio.Queue()
    places = threading.Semaphore(DEPTH)
    stopped = threading.Event()

    def work() -> None:
        try:
            for item in iterate():
                places.acquire()
                if stopped.is_set():
                    return
                loop.call_soon_threadsafe(items.put_nowait, (item,))
        finally:
            loop.call_soon_threadsafe(items.put_nowait, None)

    working = loop.run_in_executor(None, work)
    try:
        while (item := await items.get()) is not None:
            places.release()
            yield item[0]
        await working
    finally:
        stopped.set()
        places.release(DEPTH + 1)
        await asyncio.gather(working, return_exceptions=True)
