"""Processes of a fleet that need a token at the same moment: ``fleet.py <api url> <processes> <rounds>``.

They use the vault of the environment as a tap does. Before each round the provider is told to void the token that is
out; the answer is, round by round, which tokens the processes were served with. Prints one line when all are ready.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from typing import Any

import requests
from dif_kit.budget import connect
from dif_kit.credentials import resolve
from dif_kit.http import HttpClient, OAuth2Refresh, Request, Retry, bind_credential

REF = "vault://acme/pinterest"


def client_of(api_url: str) -> HttpClient:
    credential = resolve(REF)
    keeper = credential.keeper
    assert keeper is not None
    return HttpClient(
        authenticator=bind_credential(OAuth2Refresh(token_url="{api_url}/token"), credential, api_url=api_url),
        limiter=connect(None),
        user_agent="fleet/1",
        retry=Retry(attempts=2, first_seconds=0.01, longest_seconds=0.02),
        credential_ref=REF,
        rotated=keeper.keep,
        tokens=keeper.tokens,
    )


def work(api_url: str, rounds: int, barrier: Any, results: Any) -> None:
    try:
        client = client_of(api_url)
        for _ in range(rounds):
            barrier.wait()
            answer = client.send(Request(url=f"{api_url}/list", origin=api_url)).json()
            results.put(answer["token"])
            barrier.wait()
        client.close()
    except Exception as error:  # noqa: BLE001 - the parent must hear of it, whatever it is
        results.put(f"failed: {error!r}")
        barrier.abort()


def main(api_url: str, processes: int, rounds: int) -> list[list[str]]:
    context = multiprocessing.get_context("fork")  # the libraries are loaded once
    barrier, results = context.Barrier(processes + 1), context.Queue()
    workers = [context.Process(target=work, args=(api_url, rounds, barrier, results)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    served = []
    for _ in range(rounds):
        requests.post(f"{api_url}/void", timeout=30).raise_for_status()
        try:
            barrier.wait()
            barrier.wait()
        except Exception:  # noqa: BLE001 - a worker says why
            served.append([results.get(timeout=5)])
            break
        served.append([results.get(timeout=30) for _ in workers])
    for worker in workers:
        worker.join(30)
    return served


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))) + "\n")
