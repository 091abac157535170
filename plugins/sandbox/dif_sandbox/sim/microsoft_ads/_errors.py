"""Errors as the REST services word them, and what each kind of request counts against.

https://learn.microsoft.com/advertising/guides/operation-error-codes and .../handle-service-errors-exceptions (read
2026-11). How many calls a minute a customer has is not published: the numbers here are made up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.budgets import SlidingWindow
from dif_sandbox.sim.limits import Limit, Rule
from dif_sandbox.sim.server import Refusal, Response, json_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.sim.budgets import Standing

__all__ = ["LIMITS", "fault", "refusal_of", "refused"]

NAMES: Final = {
    0: "InternalError",
    105: "InvalidCredentials",
    106: "UserIsNotAuthorized",
    109: "AuthenticationTokenExpired",
    116: "RequestMissingHeaders",
    117: "CallRateExceeded",
    201: "ApiInputValidationError",
    204: "OperationNotSupported",
    207: "ConcurrentRequestOverLimit",
    1100: "CampaignServiceInvalidCampaignId",
    1102: "CampaignServiceInvalidAccountId",
    1201: "CampaignServiceInvalidAdGroupId",
    2001: "ReportingServiceNullReportRequest",
    2002: "ReportingServiceUnknownReportType",
    2003: "ReportingServiceAccountNotAuthorized",
    2004: "ReportingServiceNoCompleteDataAvaliable",
    2008: "ReportingServiceInvalidReportTimeSelection",
    2009: "ReportingServiceInvalidCustomDateRangeStart",
    2010: "ReportingServiceInvalidCustomDateRangeEnd",
    2011: "ReportingServiceEndDateBeforeStartDate",
    2014: "ReportingServiceNullColumns",
    2015: "ReportingServiceRequiredColumnsNotSelected",
    2016: "ReportingServiceDuplicateColumns",
    2017: "ReportingServiceNoMeasureSelected",
    2026: "ReportingServiceInvalidAccountReportScope",
    2053: "InvalidGrainForImpressionShareColumns",
    2054: "InvalidGrainForHistoricalQualityScoreColumns",
    2064: "ImpressionShareColumnsNotAllowed",
    2100: "ReportingServiceInvalidReportId",
    3205: "CampaignServiceInvalidDownloadRequestId",
    3211: "CampaignServiceBulkDownloadUnsupportedEntities",
    3219: "BulkServiceFormatVersionRequired",
}
OF_TOKENS: Final = frozenset({105, 109})


def fault(code: int, message: str, status: int = 400) -> Response:
    """An error's body: a fault of the token has another shape than one of the operation."""
    told = {"Code": code, "ErrorCode": NAMES.get(code, "ApiInputValidationError"), "Message": message}
    if code in OF_TOKENS:
        return json_response(
            {"TrackingId": "7f0c", "Type": "AdApiFaultDetail", "Errors": [{**told, "Detail": None}]}, status
        )
    body = {"TrackingId": "7f0c", "Type": "ApiFaultDetail", "BatchErrors": []}
    return json_response({**body, "OperationErrors": [{**told, "Details": None}]}, status)


def refused(code: int, message: str, status: int = 400) -> Refusal:
    """The refusal that such an error is."""
    return Refusal(fault(code, message, status))


def refusal_of(status: int) -> Response:
    """The answer that stands for a status."""
    known = {
        401: fault(109, "Authentication token expired. Please renew it or obtain a new token.", 401),
        403: fault(106, "User is not authorized to perform this action."),
        404: json_response({"Message": "No HTTP resource was found that matches the request URI."}, 404),
        429: fault(117, "You have exceeded the number of calls that you are allowed to make in a minute."),
    }
    return known.get(status) or fault(0, "An internal error has occurred.", 500)


def _too_many(_standing: Standing) -> Response:
    return refusal_of(429)


LIMITS: Final[Mapping[str, Limit]] = {
    "user": Limit((Rule(SlidingWindow("user", 600, 60), ("app",)),), _too_many),
    "calls": Limit((Rule(SlidingWindow("calls", 6_000, 60), ("customer",)),), _too_many),
}
