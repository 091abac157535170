"""The SDK's own tests of targets, as every target of the batch engine passes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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

if TYPE_CHECKING:
    from dif_kit.target import Target

__all__ = ["singer_tests"]

# Without two that put records aside here: TargetRecordMissingKeyProperty, where the SDK ends the run, and
# TargetEncodedStringData, whose texts hold NUL characters.
_SUITE: Final = SingerTestSuite(
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


def singer_tests(target: type[Target], config: dict[str, Any]) -> type:
    """A class of tests for a target, those of singer-sdk 0.54.9; ``config`` is read when a test begins.

    ::

    class TestSinger(singer_tests(TargetExample, CONFIG)):
        ...
    """
    made: type = get_target_test_class(target, config=config, custom_suites=[_SUITE], include_target_tests=False)
    return made
