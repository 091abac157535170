"""The audit shows who did what, and that nothing was done to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from dif_vault import SecretName, Vault
from dif_vault._audit import Anchor

ATTACKS = {
    "an edit": ["UPDATE dif_vault.audit SET actor = 'nobody' WHERE entry = 2"],
    "an edit of a detail": ["UPDATE dif_vault.audit SET detail = '' WHERE entry = 3"],
    "an edit of the time": ["UPDATE dif_vault.audit SET at = at - interval '1 day' WHERE entry = 2"],
    "a deletion": ["DELETE FROM dif_vault.audit WHERE entry = 2"],
    "a deletion of the first": ["DELETE FROM dif_vault.audit WHERE entry = 1"],
    "a cut tail": ["DELETE FROM dif_vault.audit WHERE entry > 3"],
    "another order": [
        "UPDATE dif_vault.audit SET entry = 99 WHERE entry = 2",
        "UPDATE dif_vault.audit SET entry = 2 WHERE entry = 3",
        "UPDATE dif_vault.audit SET entry = 3 WHERE entry = 99",
    ],
    "a mark taken away": ["UPDATE dif_vault.audit SET mac = NULL WHERE entry = 2"],
    "another mark": [
        "UPDATE dif_vault.audit SET mac = (SELECT mac FROM dif_vault.audit WHERE entry = 1) WHERE entry = 2"
    ],
    "a lost end": ["DELETE FROM dif_vault.audit_head"],
}


@pytest.fixture
def used(any_vault: Vault, place: SecretName, values: dict[str, str]) -> Vault:
    """A vault with four entries in its audit."""
    any_vault.put(place, {"api_key": "former"})
    any_vault.put(place, values, detail="rotated")
    any_vault.open(place, detail="looked at")
    any_vault.open(place)
    return any_vault


def test_every_read_and_write_stands_in_the_audit(used: Vault, place: SecretName) -> None:
    told = [(entry.action, entry.version, entry.actor, entry.detail) for entry in used.audit()]
    assert told == [
        ("put", 1, "tester", ""),
        ("put", 2, "tester", "rotated"),
        ("open", 2, "tester", "looked at"),
        ("open", 2, "tester", ""),
    ]
    report = used.verify()
    assert (report.faults, report.marked, report.end) == ((), 4, used.anchor)


@pytest.mark.parametrize("attack_name", ATTACKS)
def test_what_was_done_to_the_audit_shows(used: Vault, attack: Callable[..., Any], attack_name: str) -> None:
    for statement in ATTACKS[attack_name]:
        attack(statement)
    assert used.verify().faults


def test_a_cut_tail_shows_although_its_noted_end_was_cut_too(used: Vault, attack: Callable[..., Any]) -> None:
    noted = used.anchor
    assert noted is not None
    attack("DELETE FROM dif_vault.audit WHERE entry > 3")
    attack("UPDATE dif_vault.audit_head SET (entry, hash) = (SELECT entry, hash FROM dif_vault.audit WHERE entry = 3)")
    assert not used.verify().faults  # this much is possible for whoever owns the database ...
    assert used.verify([Anchor.parse(str(noted))]).faults  # ... unless an end was noted elsewhere


def test_a_chain_that_was_computed_anew_shows_by_its_marks(used: Vault, attack: Callable[..., Any]) -> None:
    chain = used.audit()
    previous = b""
    for number, entry in enumerate((chain[0], chain[1], chain[3]), start=1):
        values = {name: getattr(entry, name) for name in entry.__slots__}
        forged = type(entry)(**{**values, "entry": number, "previous": previous})
        previous = forged.digest()
        attack(
            "UPDATE dif_vault.audit SET entry = %s, previous = %s, hash = %s WHERE entry = %s",
            [1000 + number, forged.previous, previous, entry.entry],
        )
    attack("DELETE FROM dif_vault.audit WHERE entry < 1000")
    attack("UPDATE dif_vault.audit SET entry = entry - 1000")
    attack("UPDATE dif_vault.audit_head SET entry = 3, hash = %s", [previous])
    assert not used.verify_chain().faults  # the chain itself is sound
    assert any("holder of the key" in fault for fault in used.verify().faults)


def test_the_database_itself_refuses_changes_of_the_audit(used: Vault, url: str) -> None:
    import psycopg

    for statement in (
        "UPDATE dif_vault.audit SET actor = ''",
        "DELETE FROM dif_vault.audit",
        "TRUNCATE dif_vault.audit",
    ):
        with (
            psycopg.connect(url) as connection,
            pytest.raises(psycopg.errors.RaiseException, match="only ever appended"),
        ):
            connection.execute(statement)


def test_a_version_that_was_removed_or_smuggled_in_shows(
    used: Vault, attack: Callable[..., Any], place: SecretName
) -> None:
    attack("DELETE FROM dif_vault.credential WHERE version = 1")
    assert any("is gone" in fault for fault in used.verify().faults)
    attack("UPDATE dif_vault.credential SET version = 7")
    assert any("never written here" in fault for fault in used.verify().faults)


def test_a_read_that_cannot_be_noted_gives_nothing(used: Vault, attack: Callable[..., Any], place: SecretName) -> None:
    attack("DELETE FROM dif_vault.audit_head")
    with pytest.raises(Exception, match="the audit has lost its end"):
        used.open(place)
