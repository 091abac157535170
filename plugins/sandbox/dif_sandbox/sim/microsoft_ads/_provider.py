"""The operations of Microsoft Advertising that a reader uses, all services on one host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.api import Api, Call, check_options
from dif_sandbox.sim.budgets import Gate
from dif_sandbox.sim.generator import Draw
from dif_sandbox.sim.limits import Limits, adjusted
from dif_sandbox.sim.microsoft_ads import _errors as say
from dif_sandbox.sim.microsoft_ads._access import Access
from dif_sandbox.sim.microsoft_ads._bulk import records
from dif_sandbox.sim.microsoft_ads._files import bulk_file, report_file
from dif_sandbox.sim.microsoft_ads._reports import read_order
from dif_sandbox.sim.microsoft_ads._truth import MicrosoftAdsTruth
from dif_sandbox.sim.microsoft_ads._world import AD_GROUPS, ADS, World, number_of
from dif_sandbox.sim.paging import PageNumber
from dif_sandbox.sim.reports import Desk, State
from dif_sandbox.sim.server import Refusal, Request, Response, json_response
from dif_sandbox.sim.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.reports import Report
    from dif_sandbox.sim.world import Account

__all__ = ["MicrosoftAds"]

OPTIONS: Final = ("budgets", "report_polls", "most_reports", "token_seconds")
TYPES: Final = frozenset({"Search", "Shopping", "DynamicSearchAds", "Audience", "Hotel", "PerformanceMax", "App"})
AD_TYPES: Final = frozenset(
    {"Text", "Image", "Product", "AppInstall", "ExpandedText", "DynamicSearch", "ResponsiveAd", "ResponsiveSearch"}
) | {"Hotel"}
LINK_SECONDS: Final = 300
KEPT_SECONDS: Final = 2 * 86_400


class MicrosoftAds(Api):
    """The simulated API of some clients.

    Options: ``budgets`` (``user``, ``calls`` to ``"<limit>/<seconds>"``), ``report_polls`` (at most so many polls until
    a file is made), ``most_reports`` under way for a customer, ``token_seconds``.

    Raises:
        ValueError: an option is unknown or wrong.
    """

    def __init__(self, stage: Stage, clients: Sequence[str], seed: int, scale: int, options: Mapping[str, Any]) -> None:
        check_options(options, OPTIONS)
        super().__init__(stage, Limits(adjusted(say.LIMITS, options.get("budgets", {})), Gate()))
        draw = Draw("microsoft_ads", seed)
        self._world = World.of(stage.clock, draw, clients, scale)
        self._access = Access(stage, draw, clients, int(options.get("token_seconds", 3_599)))
        self._most_reports = int(options.get("most_reports", 100))
        self._desk = Desk(
            stage.clock, draw, longest_polls=int(options.get("report_polls", 2)), report_seconds=KEPT_SECONDS,
            link_seconds=LINK_SECONDS,
        )  # fmt: skip
        self._storage = Storage(stage, self._desk, "reportdownload")
        self._pages = PageNumber("Index", "Size", default=100, most=1_000, first=0)
        self.truth = MicrosoftAdsTruth(self._world)
        customer, campaign = "/CustomerManagement/v13", "/CampaignManagement/v13"
        self.route("POST", f"{customer}/User/Query", "user", self._user)
        self.route("POST", f"{customer}/Accounts/Search", "user", self._search)
        self.route("POST", f"{campaign}/Campaigns/QueryByAccountId", "calls", self._campaigns)
        self.route("POST", f"{campaign}/AdGroups/QueryByCampaignId", "calls", self._ad_groups)
        self.route("POST", f"{campaign}/Ads/QueryByAdGroupId", "calls", self._ads)
        self.route("POST", "/Bulk/v13/Campaigns/DownloadByAccountIds", "calls", self._download)
        self.route("POST", "/Bulk/v13/BulkDownloadStatus/Query", "calls", self._download_status)
        self.route("POST", "/Reporting/v13/GenerateReport/Submit", "calls", self._submit)
        self.route("POST", "/Reporting/v13/GenerateReport/Poll", "calls", self._poll)

    def caller(self, request: Request, given: Mapping[str, Any]) -> Mapping[str, Hashable]:
        """The client, the customer and the account that it asks for.

        Raises:
            Refusal: a token is dead, a header is missing, the account is another's.
        """
        del given
        client = self._access.admit(request)
        if request.path.startswith("/CustomerManagement/"):
            return {"app": client, "customer": self._world.customer(client), "account": ""}
        customer, account = (request.headers.get(name) for name in ("customerid", "customeraccountid"))
        if not customer or not account:
            raise say.refused(116, "One or more required header elements are missing from the request.")
        owned = [one.id for one in self._world.accounts[client]]
        if account not in owned or customer != self._world.customer(client):
            raise Refusal(self.refuse(403))
        return {"app": client, "customer": customer, "account": account}

    def refuse(self, status: int) -> Response:
        """The error that stands for a status."""
        return say.refusal_of(status)

    def invalid(self, message: str) -> Response:
        """400, code 201."""
        return say.fault(201, message)

    def client_of(self, request: Request) -> str | None:
        """Whose token a request carries."""
        return self._access.host.bearer_of(request)

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Each client's secrets."""
        return self._access.credentials()

    def close(self) -> None:
        """Stop the hosts of tokens and files."""
        self._access.host.close()
        self._storage.close()

    def _user(self, call: Call) -> Response:
        _check_members(call, {"UserId"})
        user = self._world.user(str(call.caller["app"]))
        if call.given.get("UserId") not in {None, user["Id"]}:
            raise Refusal(self.refuse(403))
        return json_response({"User": user, "CustomerRoles": []})

    def _search(self, call: Call) -> Response:
        _check_members(call, {"Predicates", "Ordering", "PageInfo", "ReturnAdditionalFields"})
        client = str(call.caller["app"])
        wanted = {"Field": "UserId", "Operator": "Equals", "Value": self._world.user(client)["Id"]}
        if call.given.get("Predicates") != [wanted]:
            raise say.refused(201, "Only the predicate of the user's own id is simulated.")
        rows = [self._world.account(account) for account in self._world.accounts[client]]
        page = self._pages.read(call.given.get("PageInfo") or {}, rows, call.wish())
        return json_response({"Accounts": list(page.items)})

    def _campaigns(self, call: Call) -> Response:
        _check_members(call, {"AccountId", "CampaignType", "ReturnAdditionalFields"})
        if call.given.get("AccountId") != call.caller["account"]:
            raise say.refused(1102, "The account identifier is not valid.")
        kinds = set(str(call.given.get("CampaignType") or "Search").split(","))
        if unknown := kinds - TYPES:
            raise say.refused(201, f"Invalid value {min(unknown)} of CampaignType.")
        rows = self._world.listed(self._account(call), "campaign")
        return json_response({"Campaigns": [row for row in rows if row["CampaignType"] in kinds]})

    def _ad_groups(self, call: Call) -> Response:
        _check_members(call, {"CampaignId", "ReturnAdditionalFields"})
        number = number_of(self._account(call), "campaign", call.given.get("CampaignId"))
        if number is None or number >= self._world.campaigns:
            raise say.refused(1100, "The campaign identifier is not valid.")
        rows = self._world.listed(self._account(call), "ad_group")
        return json_response({"AdGroups": list(rows[number * AD_GROUPS : (number + 1) * AD_GROUPS])})

    def _ads(self, call: Call) -> Response:
        _check_members(call, {"AdGroupId", "AdTypes", "ReturnAdditionalFields"})
        kinds = set(call.given.get("AdTypes") or ())
        if not kinds or kinds - AD_TYPES:
            raise say.refused(201, "AdTypes is empty, or holds what is no type of ads.")
        number = number_of(self._account(call), "ad_group", call.given.get("AdGroupId"))
        if number is None or number >= self._world.campaigns * AD_GROUPS:
            raise say.refused(1201, "The ad group identifier is not valid.")
        rows = self._world.listed(self._account(call), "ad")[number * ADS : (number + 1) * ADS]
        return json_response({"Ads": [row for row in rows if row["Type"] in kinds]})

    def _download(self, call: Call) -> Response:
        account = self._account(call)
        if call.given.get("AccountIds") != [account.id]:
            raise say.refused(1102, "The account identifier is not valid.")
        content = bulk_file(records(self._world, account, dict(call.given)), account)
        return json_response({"DownloadRequestId": self._desk.order(self._owner(call), content).token})

    def _download_status(self, call: Call) -> Response:
        _check_members(call, {"RequestId"})
        report = self._polled(call, "RequestId", 3205)
        words = {State.FINISHED: "Completed", State.FAILED: "Failed"}
        status = words.get(report.state, "InProgress")
        link = self._link(report) if report.state is State.FINISHED else None
        told: dict[str, Any] = {
            "RequestStatus": status,
            "ResultFileUrl": link,
            "PercentComplete": 100 if link else 10,
            "Errors": [],
        }
        return json_response(told)

    def _submit(self, call: Call) -> Response:
        _check_members(call, {"ReportRequest"})
        account = self._account(call)
        order = read_order(call.given.get("ReportRequest"), self._world.clock.now())
        if order.account != account.id:
            raise say.refused(2003, "The report request contains an account that you have no privileges to access.")
        if self._desk.in_flight(self._owner(call)) >= self._most_reports:
            self._desk.go_on(self._owner(call))
            raise say.refused(207, "You have already reached the maximum number of concurrent report requests.")
        self.truth.ordered(account.client, order)
        content = report_file(self._world, account, order, self._world.now(account))
        return json_response({"ReportRequestId": self._desk.order(self._owner(call), content).token})

    def _poll(self, call: Call) -> Response:
        _check_members(call, {"ReportRequestId"})
        report = self._polled(call, "ReportRequestId", 2100)
        words = {State.FINISHED: "Success", State.FAILED: "Error"}
        status = words.get(report.state, "Pending")
        link = self._link(report) if report.state is State.FINISHED else None
        return json_response({"ReportRequestStatus": {"Status": status, "ReportDownloadUrl": link}})

    def _polled(self, call: Call, name: str, code: int) -> Report:
        asked = str(call.given.get(name))
        report = self._desk.poll_with_faults(self._owner(call), asked, self.stage.faults, call.request)
        if report is None or report.state is State.EXPIRED:
            raise say.refused(code, "The identifier is not valid.")
        return report

    def _link(self, report: Report) -> str | None:
        link = self._desk.link(report)
        return None if link is None else self._storage.url(link)

    def _owner(self, call: Call) -> str:
        return f"{call.caller['app']}-{call.caller['customer']}"

    def _account(self, call: Call) -> Account:
        owned = self._world.accounts[str(call.caller["app"])]
        return next(account for account in owned if account.id == call.caller["account"])


def _check_members(call: Call, known: set[str]) -> None:
    if unknown := call.given.keys() - known:
        raise say.refused(201, f"There is no element {', '.join(sorted(unknown))}.")
