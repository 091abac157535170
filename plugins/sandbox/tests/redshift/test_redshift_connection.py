"""Connecting: TLS, passwords, users, the life of the process."""

from __future__ import annotations

import pytest


def test_every_driver_connects_over_tls_and_reads(client):
    assert client.value("select 1") == 1
    assert "Redshift" in client.value("select version()")


def test_a_wrong_password_is_refused(sandbox):
    with pytest.raises(Exception, match="password authentication failed"):
        sandbox.connect("psycopg2", password="wrong")
