"""A provider's process without Terraform: start, handshake, mutual TLS, one GetSchema call.

Python, because OpenSSL signs with P-521 as fast as Terraform does: Rust's ring does not support it, and a slow client would
be measured as a slow provider. The HTTP/2 implementation is limited to this one call.
"""

import base64
import re
import socket
import ssl
import struct
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
# Like the certificate that Terraform generates for each run: P-521, self-signed.
CERTIFICATE, KEY = HERE / "test-only-client.crt", HERE / "test-only-client.key"
DATA, HEADERS, SETTINGS, PING, WINDOW_UPDATE = 0, 1, 4, 6, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1


class Plugin:
    """One start. `handshake` and `schema` are seconds since before the process was started. A program for another system
    has a launcher, with a separate environment."""

    def __init__(self, program, tls, launcher=(), environment=()):
        self.folder = tempfile.TemporaryDirectory(prefix="sf-plugin-")
        environment = {**dict(environment), "TMPDIR": self.folder.name, "TF_PLUGIN_MAGIC_COOKIE": COOKIE,
                       "PLUGIN_PROTOCOL_VERSIONS": "5,6", "PLUGIN_MIN_PORT": "10000", "PLUGIN_MAX_PORT": "25000"}
        if tls:
            environment["PLUGIN_CLIENT_CERT"] = CERTIFICATE.read_text()
            # Before the measurement starts: it takes a millisecond that does not belong to the provider.
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self.context.load_cert_chain(CERTIFICATE, KEY)
            self.context.set_alpn_protocols(["h2"])
        self.started = time.monotonic()
        self.process = subprocess.Popen([*launcher, program], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline().decode()
        self.handshake = time.monotonic() - self.started
        if not line.startswith(("1|5|unix|", "1|5|tcp|")):
            raise RuntimeError(f"no handshake of a plugin: {line!r}")
        _, _, self.network, self.address, _, self.certificate = line.rstrip("\r\n").split("|")[:6]

    def get_schema(self):
        """The bytes of the response."""
        if self.network == "unix":
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self.address)
        else:
            host, port = self.address.rsplit(":", 1)
            connection = socket.create_connection((host, int(port)))
        if self.certificate:
            padded = self.certificate + "=" * (-len(self.certificate) % 4)
            self.context.load_verify_locations(cadata=base64.b64decode(padded))
            connection = self.context.wrap_socket(connection, server_hostname="localhost")
        with connection:
            answer = call(connection, "/tfplugin5.Provider/GetSchema", b"")
        self.schema = time.monotonic() - self.started
        return answer

    def memory(self):
        """Peak so far, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()


def call(connection, path, message):
    """A unary gRPC call, the first on its connection. Returns the bytes of the response."""
    fields = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost", "te": "trailers",
              "content-type": "application/grpc"}
    text = lambda value: bytes([len(value)]) + value.encode()
    headers = b"".join(b"\0" + text(name) + text(value) for name, value in fields.items())
    # The maximum window size: the schema is larger than the initial 64 KiB.
    widest = 2**31 - 1
    connection.sendall(
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, widest))
        + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", widest - 65535)) + frame(HEADERS, END_HEADERS, 1, headers)
        + frame(DATA, END_STREAM, 1, struct.pack(">BI", 0, len(message)) + message))
    stream = connection.makefile("rb", buffering=1 << 16)
    answer = b""
    while True:
        head = stream.read(9)
        if len(head) < 9:
            raise RuntimeError(f"{path}: the connection ended")
        length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        payload = stream.read(length)
        if kind == SETTINGS and not flags & ACK:
            connection.sendall(frame(SETTINGS, ACK, 0, b""))
        elif kind == PING and not flags & ACK:
            connection.sendall(frame(PING, ACK, 0, payload))
        elif kind == DATA:
            answer += payload
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            break
    if len(answer) < 5:
        raise RuntimeError(f"{path}: refused")
    return answer[5:]


def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
