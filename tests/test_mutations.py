"""I3, I4: one mutation at every joint of a supervised run is caught and located; `make mutations` does many."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from dif_sandbox.services import Sandbox
from mutations.kinds import JOINTS, KINDS
from mutations.rig import Rig, rig

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(sandbox, tmp_path_factory.mktemp("mutations")) as made:
        yield made


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("joint", JOINTS)
def test_a_mutation_at_any_joint_is_caught_and_located(made: Rig, joint: str, kind: str) -> None:
    outcome = made.attempt(joint, kind, random.Random(20261126))
    assert outcome.what
    assert not outcome.is_missed, outcome.what
    assert outcome.where or outcome.is_harmless
    if joint.endswith("> warehouse"):  # the run itself: nobody has to ask for a proof first
        assert outcome.caught_by.startswith("run is"), outcome
