"""An ordinary Singer target: the SDK's own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import get_target_test_class
from singer_sdk.testing.suites import SingerTestSuite
from singer_sdk.testing.target_tests import (
    TargetArrayData,
    TargetCamelcaseComplexSchema,
    TargetCamelcaseTest,
    TargetCliPrintsTest,
    TargetDuplicateRecords,
    TargetInvalidSchemaTest,
    TargetNoPrimaryKeys,
    TargetOptionalAttributes,
    TargetPrimaryKeyUpdates,
    TargetRecordBeforeSchemaTest,
    TargetRecordMissingOptionalFields,
    TargetSchemaNoProperties,
    TargetSchemaUpdates,
    TargetSpecialCharsInAttributes,
)
from target_redshift import TargetRedshift

if TYPE_CHECKING:
    from pathlib import Path

# Without two that put records aside here: TargetRecordMissingKeyProperty, where the SDK ends the run, and
# TargetEncodedStringData, whose texts hold NUL characters.
STANDARD = SingerTestSuite(
    kind="target",
    tests=[
        TargetArrayData,
        TargetCamelcaseComplexSchema,
        TargetCamelcaseTest,
        TargetCliPrintsTest,
        TargetDuplicateRecords,
        TargetInvalidSchemaTest,
        TargetNoPrimaryKeys,
        TargetOptionalAttributes,
        TargetPrimaryKeyUpdates,
        TargetRecordBeforeSchemaTest,
        TargetRecordMissingOptionalFields,
        TargetSchemaNoProperties,
        TargetSchemaUpdates,
        TargetSpecialCharsInAttributes,
    ],
)
CONFIG: dict[str, Any] = {}
Standard = get_target_test_class(TargetRedshift, config=CONFIG, custom_suites=[STANDARD], include_target_tests=False)


@pytest.fixture(scope="module")
def warehouse(world: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    credential: Path = tmp_path_factory.mktemp("sdk") / "redshift"
    credential.touch(mode=0o600)
    credential.write_text(world.login)
    CONFIG.update(world.config("sdk", credential))


@pytest.mark.usefixtures("warehouse")
class TestStandard(Standard):  # type: ignore[misc,valid-type]
    """The SDK's tests of targets."""
