"""Validates recorded SOAP bodies against Salesforce's Metadata WSDL (API 63.0, as simple-salesforce ships it).

    referee.py FOLDER CLIENT

FOLDER contains NNNN-request.xml and NNNN-response.xml. The script validates headers, bodies, and all component files in
zip files. It accepts the deviations in ../exceptions.json, and elements of files that proto/salesforce lists for later
versions, and prints all others. The last line is JSON: the number of bodies and files, the number of exceptions, and the
errors.
"""

import base64
import io
import json
import re
import sys
import zipfile
from collections import Counter
from pathlib import Path

import simple_salesforce
from lxml import etree

ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
METADATA = "{http://soap.sforce.com/2006/04/metadata}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
XSD = "{http://www.w3.org/2001/XMLSchema}"


def schema():
    wsdl = etree.parse(Path(simple_salesforce.__file__).with_name("metadata.wsdl"))
    (found,) = wsdl.iter(f"{XSD}schema")
    return etree.XMLSchema(etree.fromstring(etree.tostring(found)))


SCHEMA = schema()
VERSION = 63
CONTRACT = Path(__file__).resolve().parents[3] / "proto/salesforce"


def newer(kind):
    """The elements of a metadata type that were added after the version of the WSDL."""
    contract = CONTRACT / f"{kind}.json"
    if not contract.exists():
        return []
    known = json.loads(contract.read_text())
    groups = [known["elements"], *(inner["elements"] for inner in known.get("types", {}).values())]
    return [f"{METADATA}{one['name']}" for group in groups for one in group if one["since"] > VERSION]


def short(text):
    return text.replace(METADATA, "").replace(XSI, "xsi:").replace(ENVELOPE, "soapenv:")


class Judge:
    """Collects schema violations that are not covered by an exception."""

    def __init__(self, client):
        listed = json.loads((Path(__file__).resolve().parent.parent / "exceptions.json").read_text())
        self.exceptions = [one for one in listed if client in one["clients"]]
        self.used, self.wrong, self.seen, self.files = Counter(), [], Counter(), 0

    def exception(self, direction, content, fault):
        for index, one in enumerate(self.exceptions):
            if (
                direction in one["directions"]
                and content in one["in"]
                and re.match(one["fault"], fault)
            ):
                self.used[index] += 1
                return one
        return None

    def element(self, where, direction, content, element):
        # A copy with the namespaces of its ancestors, because xsi:type needs their prefixes.
        copy = etree.fromstring(etree.tostring(element))
        for unknown in list(copy.iter(*newer(content) or ["none"])):
            unknown.getparent().remove(unknown)
        again = True
        while again and not SCHEMA.validate(copy):
            again = False
            for fault in [short(error.message) for error in SCHEMA.error_log]:
                exception = self.exception(direction, content, fault)
                if exception is None:
                    self.wrong.append(f"{where}, {content}: {fault}")
                elif exception.get("look_behind"):
                    # The validator stops at the first unknown element of a sequence.
                    name = re.match(r"Element '(\w+)'", fault)[1]
                    for unknown in list(copy.iter(f"{METADATA}{name}")):
                        unknown.getparent().remove(unknown)
                    again = True

    def message(self, where, direction, root):
        """Validates a SOAP message and the component files in its zip file."""
        *headers, body = root
        if (
            root.tag != f"{ENVELOPE}Envelope"
            or [one.tag for one in headers] not in ([], [f"{ENVELOPE}Header"])
            or body.tag != f"{ENVELOPE}Body"
            or len(body) != 1
        ):
            self.wrong.append(f"{where}: no SOAP 1.1 envelope with one element in its body")
            return
        for header in headers:
            for entry in header:
                self.element(where, direction, "header", entry)
        (content,) = body
        if content.tag == f"{ENVELOPE}Fault":
            # SOAP 1.1: the children have no namespace and this order.
            if [child.tag for child in content][:2] != ["faultcode", "faultstring"]:
                self.wrong.append(f"{where}: a fault of {[child.tag for child in content]}")
            self.seen["Fault"] += 1
            return
        self.seen[short(content.tag)] += 1
        self.element(where, direction, short(content.tag), content)
        for element in root.iter(f"{METADATA}ZipFile", f"{METADATA}zipFile"):
            if element.text:
                self.zip(where, direction, base64.b64decode(element.text))

    def zip(self, where, direction, content):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for path in archive.namelist():
                if "/" in path and not path.endswith(("/", "/package.xml")):
                    self.files += 1
                    file = etree.fromstring(archive.read(path))
                    kind = etree.QName(file).localname
                    self.element(f"{where} {path}", direction, kind, record(kind, file))


def record(kind, file):
    """A component file as a record of its type, with a name."""
    call = etree.Element(f"{METADATA}createMetadata", nsmap={None: METADATA[1:-1], "xsi": XSI[1:-1]})
    found = etree.SubElement(call, f"{METADATA}metadata", {f"{XSI}type": kind})
    etree.SubElement(found, f"{METADATA}fullName").text = "Name"
    found.extend(file)
    return call


def main(folder, client):
    judge, bodies = Judge(client), 0
    for path in sorted(Path(folder).glob("*.xml")):
        bodies += 1
        judge.message(path.stem, path.stem.split("-")[1], etree.fromstring(path.read_bytes()))
    print(
        json.dumps(
            {
                "bodies": bodies,
                "files": judge.files,
                "seen": judge.seen,
                "exceptions": len(judge.used),
                "uses": sum(judge.used.values()),
                "unused": [
                    one["reason"] for index, one in enumerate(judge.exceptions) if not judge.used[index]
                ],
                "wrong": judge.wrong,
            }
        )
    )


main(*sys.argv[1:])
