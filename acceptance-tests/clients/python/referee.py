"""Validates recorded SOAP bodies against Salesforce's Metadata WSDL (API 63.0, as simple-salesforce ships it).

    referee.py FOLDER CLIENT

FOLDER holds NNNN-request.xml and NNNN-response.xml. Checked are the headers, the body, and every component file in
the zips that a body carries. What ../exceptions.json names is let through, everything else is printed. The last
line is JSON: how many bodies and files were read, how many exceptions were used, what is wrong.
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


def short(text):
    return text.replace(METADATA, "").replace(XSI, "xsi:").replace(ENVELOPE, "soapenv:")


def broken(element):
    """What the schema has against an element, one sentence per fault."""
    # A copy that has the namespaces of its ancestors: xsi:type needs their prefixes.
    copy = etree.fromstring(etree.tostring(element))
    if SCHEMA.validate(copy):
        return []
    return [short(error.message) for error in SCHEMA.error_log]


def envelope(root):
    """(what it is, faults) of a whole SOAP message."""
    if root.tag != f"{ENVELOPE}Envelope":
        return root.tag, ["no SOAP 1.1 envelope"]
    *headers, body = root
    if body.tag != f"{ENVELOPE}Body" or len(body) != 1:
        return root.tag, ["one Body with one element is expected at the end"]
    faults = []
    if [one.tag for one in headers] not in ([], [f"{ENVELOPE}Header"]):
        faults.append(f"before the Body: {[short(one.tag) for one in headers]}")
    for header in headers:
        for entry in header:
            faults += broken(entry)
    (content,) = body
    if content.tag == f"{ENVELOPE}Fault":
        # SOAP 1.1: its children are in no namespace and in this order.
        if [child.tag for child in content][:2] != ["faultcode", "faultstring"]:
            faults.append(f"a fault of {[child.tag for child in content]}")
        return "Fault", faults
    return short(content.tag), faults + broken(content)


def files(root):
    """Component files in the zips of a message: (path, its faults)."""
    for name in ("ZipFile", "zipFile"):
        for element in root.iter(f"{METADATA}{name}"):
            if not element.text:
                continue
            with zipfile.ZipFile(io.BytesIO(base64.b64decode(element.text))) as archive:
                for path in archive.namelist():
                    if not path.endswith(("/", "/package.xml")) and "/" in path:
                        yield path, component(archive.read(path))


def component(content):
    """A file is the record of its type, without the name."""
    file = etree.fromstring(content)
    kind = etree.QName(file).localname
    call = etree.Element(f"{METADATA}createMetadata", nsmap={None: METADATA[1:-1], "xsi": XSI[1:-1]})
    record = etree.SubElement(call, f"{METADATA}metadata", {f"{XSI}type": kind})
    etree.SubElement(record, f"{METADATA}fullName").text = "Name"
    record.extend(file)
    return [f"{kind}: {fault}" for fault in broken(call)]


def main(folder, client):
    exceptions = json.loads((Path(__file__).resolve().parent.parent / "exceptions.json").read_text())
    used, wrong, counts, what_was_seen = Counter(), [], Counter(), Counter()

    def judge(where, direction, content, faults):
        for fault in faults:
            for index, one in enumerate(exceptions):
                if (
                    one["client"] in ("any", client)
                    and one["direction"] == direction
                    and re.fullmatch(one["in"], content)
                    and re.search(one["fault"], fault)
                ):
                    used[index] += 1
                    break
            else:
                wrong.append(f"{where}, {content}: {fault}")

    for path in sorted(Path(folder).glob("*.xml")):
        direction = path.stem.split("-")[1]
        root = etree.fromstring(path.read_bytes())
        content, faults = envelope(root)
        counts["bodies"] += 1
        what_was_seen[content] += 1
        judge(path.stem, direction, content, faults)
        for name, faults in files(root):
            counts["files"] += 1
            judge(f"{path.stem} {name}", direction, "file", faults)

    print(
        json.dumps(
            {
                "bodies": counts["bodies"],
                "files": counts["files"],
                "seen": what_was_seen,
                "exceptions": sum(used.values()),
                "unused": [
                    one["reason"]
                    for index, one in enumerate(exceptions)
                    if one["client"] == client and not used[index]
                ],
                "wrong": wrong,
            }
        )
    )


main(*sys.argv[1:])
