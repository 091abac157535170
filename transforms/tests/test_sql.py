"""A statement that is no Redshift is found before a warehouse finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path


def test_a_statement_that_redshift_does_not_know_is_named_with_its_line(
    sqlfluff: Callable[[Path], subprocess.Popen[str]], tmp_path: Path
) -> None:
    (tmp_path / "right.sql").write_text("create table a diststyle all sortkey (b) as (select 1 as b);\n")
    (tmp_path / "wrong.sql").write_text("select\n    a\nfrom b\nwhere where a = 1\n")
    look = sqlfluff(tmp_path)
    said, _ = look.communicate(timeout=60)
    assert look.returncode == 1
    assert "wrong.sql] FAIL" in said
    assert "L:   4" in said
    assert "unparsable" in said
    assert "right.sql" not in said
