"""Uses the org with simple-salesforce and checks the results.

    drive.py ORG CREDENTIALS EMULATOR

ORG is the URL of the recorder (with TLS, because simple-salesforce uses https:// for all URLs), CREDENTIALS the
emulator's credentials.json, EMULATOR the emulator's URL for admin calls.
"""

import io
import json
import re
import sys
import time
import zipfile
from pathlib import Path
from urllib.request import Request, urlopen

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
)

API = "63.0"
APP = "ExternalClientApplication"
OAUTH = "ExtlClntAppOauthSettings"
GLOBAL = "ExtlClntAppGlobalOauthSettings"
NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
SOURCE = Path(__file__).resolve().parent.parent / "project" / "force-app" / "main" / "default"

ORG, CREDENTIALS, EMULATOR = sys.argv[1:]
CREDENTIALS = json.loads(Path(CREDENTIALS).read_text())
HOST = ORG.split("//")[1]


class MyDomain(HTTPAdapter):
    """Redirects https://….salesforce.com to the org, because simple-salesforce appends it to every domain."""

    def send(self, request, **options):
        request.url = re.sub(r"^https://[^/]+", ORG, request.url)
        return super().send(request, **options)


def admin(method, path, body=None):
    data = json.dumps(body).encode() if body is not None else b""
    urlopen(Request(f"{EMULATOR}/emulator/{path}", method=method, data=data)).close()


def log_in(secret=None):
    """Logs in with the client credentials of the login app."""
    session = requests.Session()
    session.mount("https://emulator.my.salesforce.com", MyDomain())
    org = Salesforce(
        consumer_key=CREDENTIALS["client_id"],
        consumer_secret=secret or CREDENTIALS["client_secret"],
        domain="emulator.my",
        version=API,
        session=session,
    )
    assert org.sf_instance == HOST, f"the token names {org.sf_instance}"
    return org


def manifest(members):
    types = "".join(
        f"<types>{''.join(f'<members>{name}</members>' for name in names)}<name>{kind}</name></types>"
        for kind, names in members.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Package xmlns="{NAMESPACE}">{types}<version>{API}</version></Package>\n'


def shop():
    """The app of ../project: path in the package -> text."""
    files, members = {}, {}
    for path in sorted(SOURCE.glob("*/*-meta.xml")):
        text = path.read_text()
        kind = re.search(r"<(\w+) xmlns=", text)[1]
        files[f"{path.parent.name}/{path.name.removesuffix('-meta.xml')}"] = text
        members.setdefault(kind, []).append(path.name.split(".")[0])
    return {"package.xml": manifest(members), **files}


def pack(files):
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return zipped


def deploy(org, files, **options):
    """The final status: state, details, components, tests."""
    started = org.deploy(pack(files), sandbox=False, **options)
    assert re.fullmatch(r"0Af\w{15}", started["asyncId"]), started
    assert started["state"] == "Queued", started
    return ended(org, started["asyncId"])


def ended(org, job):
    for _ in range(200):
        status = org.checkDeployStatus(job)
        if status["state"] not in ("Pending", "InProgress", "Canceling"):
            return status
        time.sleep(0.02)
    raise AssertionError(f"{job} did not complete")


def looks_around(org):
    assert org.query("SELECT Id, Name FROM Organization")["totalSize"] == 1
    user = org.query(f"SELECT Id, Username FROM User WHERE Username = '{CREDENTIALS['username']}'")["records"][0]
    assert org.User.get(user["Id"])["Username"] == CREDENTIALS["username"]
    assert org.limits()["DailyApiRequests"]["Max"] > 0
    described = org.mdapi.describe_metadata()
    types = {one.xmlName: one for one in described.metadataObjects}
    assert types[APP].suffix == "eca" and types[APP].directoryName == "externalClientApps"
    assert types[GLOBAL].suffix == "ecaGlblOauth" and types[GLOBAL].inFolder is False
    assert lists(org) == []


def lists(org, kind=APP):
    query = org.mdapi._client.get_type("ns0:ListMetadataQuery")(type=kind)
    return sorted(one.fullName for one in org.mdapi.list_metadata([query]) or [])


def deploys(org):
    admin("PATCH", "org", {"deploy_ms": 600000})
    started = org.deploy(pack(shop()), sandbox=False)
    first = org.checkDeployStatus(started["asyncId"])
    assert first["state"] in ("Pending", "InProgress"), first
    admin("PATCH", "org", {"deploy_ms": 0})
    last = ended(org, started["asyncId"])
    assert last["state"] == "Succeeded", last
    counts = last["deployment_detail"]
    assert (counts["total_count"], counts["deployed_count"], counts["failed_count"]) == ("3", "3", "0"), counts
    assert counts["errors"] == []
    assert last["unit_test_detail"]["errors"] == []
    assert [lists(org, kind) for kind in (APP, OAUTH, GLOBAL)] == [["Shop"], ["Shop_oauth"], ["Shop_global"]]


def is_refused(org):
    files = shop()
    app = "externalClientApps/Shop.eca"
    files[app] = files[app].replace("<label>Shop</label>", "<lable>Shop</lable>")
    status = deploy(org, files)
    assert status["state"] == "Failed", status
    assert status["deployment_detail"]["failed_count"] == "1", status
    (error,) = status["deployment_detail"]["errors"]
    assert (error["type"], error["file"], error["status"]) == (APP, app, "Error"), error
    assert "lable" in error["message"], error
    # simple-salesforce omits the line number; the response contains it.
    failures = org.mdapi._retrieve_deploy_result(ended_id(org, files)).findall(
        f"{{{NAMESPACE}}}details/{{{NAMESPACE}}}componentFailures"
    )
    assert [failure.findtext(f"{{{NAMESPACE}}}lineNumber") for failure in failures] == ["6"]


def ended_id(org, files):
    job = org.deploy(pack(files), sandbox=False)["asyncId"]
    ended(org, job)
    return job


def validates(org):
    files = shop()
    app = "externalClientApps/Shop.eca"
    files[app] = files[app].replace("<label>Shop</label>", "<label>Never</label>")
    assert deploy(org, files, checkOnly=True)["state"] == "Succeeded"
    assert org.mdapi.ExternalClientApplication.read(["Shop"]).label == "Shop", "a validation changes nothing"


def retrieves(org):
    job, state = org.mdapi.retrieve("x", unpackaged={APP: ["*"], OAUTH: ["*"], GLOBAL: ["Shop_global", "Nope"]})
    assert re.fullmatch(r"09S\w{15}", job) and state == "Queued", (job, state)
    for _ in range(200):
        state, error, _ = org.mdapi.check_retrieve_status(job)
        if state not in ("Pending", "InProgress"):
            break
        time.sleep(0.02)
    assert (state, error) == ("Succeeded", None), (state, error)
    state, error, _, zipped = org.mdapi.retrieve_zip(job)
    assert (state, error) == ("Succeeded", None), (state, error)
    # It requests a single package, so there is no directory `unpackaged`.
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert sorted(files) == sorted(shop()), sorted(files)
    assert "<label>Shop</label>" in files["externalClientApps/Shop.eca"]
    assert "<consumerKey>3MVG9" in files["extlClntAppGlobalOauthSets/Shop_global.ecaGlblOauth"]


def writes_one_by_one(org):
    apps = org.mdapi.ExternalClientApplication

    def app(name, label):
        return apps(fullName=name, contactEmail="identity@example.com", distributionState="Local", label=label)

    apps.create([app("Till", "Till")])
    refused("DUPLICATE_DEVELOPER_NAME", lambda: apps.create([app("Till", "Till")]))
    apps.update([app("Till", "Till 2")])
    there, missing = apps.read(["Till", "Nope"])
    assert (there.fullName, there.label, there.distributionState) == ("Till", "Till 2", "Local"), there
    # Decoded according to Salesforce's schema.
    assert there.isProtected is False, there
    assert missing.fullName is None, missing
    apps.upsert([app("Till", "Till 3"), app("Desk", "Desk")])
    assert lists(org) == ["Desk", "Shop", "Till"]
    refused("INVALID_CROSS_REFERENCE_KEY", lambda: apps.update([app("Nope", "Nope")]))
    apps.delete(["Till", "Desk"])
    refused("INVALID_CROSS_REFERENCE_KEY", lambda: apps.delete(["Till"]))
    policies = org.mdapi.ExtlClntAppOauthConfigurablePolicies.read(["Shop_oauth_defaultPolicy"])
    assert policies.permittedUsersPolicyType == "AllSelfAuthorized", policies
    assert policies.refreshTokenPolicyType == "SpecificLifetime", policies


def refused(words, call):
    try:
        call()
    except Exception as error:  # noqa: BLE001, simple-salesforce raises no other
        assert words in str(error), error
        return
    raise AssertionError(f"{words} was expected")


def deletes(org):
    files = {"package.xml": manifest({}), "destructiveChangesPost.xml": manifest({APP: ["Shop"]})}
    status = deploy(org, files)
    assert status["state"] == "Succeeded", status
    assert [lists(org, kind) for kind in (APP, OAUTH, GLOBAL)] == [[], [], []]


def sees_its_session_expire(org):
    deploy(org, shop())
    bare = Salesforce(instance=HOST, session_id=org.session_id, version=API)
    assert bare.query("SELECT Id FROM Organization")["totalSize"] == 1
    admin("POST", "sessions/expire")
    try:
        org.deploy(pack(shop()), sandbox=False)
        raise AssertionError("the session has expired")
    except SalesforceGeneralError as error:
        assert error.status == 500 and "INVALID_SESSION_ID</faultcode>" in error.content, error
    refused("INVALID_SESSION_ID", lambda: lists(org))
    try:
        bare.query("SELECT Id FROM Organization")
        raise AssertionError("the session has expired")
    except SalesforceExpiredSession as error:
        assert error.content[0]["errorCode"] == "INVALID_SESSION_ID", error
    # For REST calls it logs in again automatically; for SOAP calls it keeps the old session.
    expired = org.session_id
    assert org.query("SELECT Id FROM Organization")["totalSize"] == 1
    assert org.session_id != expired
    org = log_in()
    assert deploy(org, shop())["state"] == "Succeeded"
    assert lists(org) == ["Shop"]


def unknown_session_is_refused():
    try:
        log_in("wrong")
        raise AssertionError("a wrong secret was accepted")
    except SalesforceAuthenticationFailed as error:
        assert "invalid_client" in str(error), error


def main():
    unknown_session_is_refused()
    org = log_in()
    looks_around(org)
    deploys(org)
    is_refused(org)
    validates(org)
    retrieves(org)
    writes_one_by_one(org)
    deletes(org)
    sees_its_session_expire(org)


main()
