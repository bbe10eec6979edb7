"""A backend that logs a customer in every 100 ms. `make demo` monitors it during a rotation.

It has the site, the callback URL, and a function that returns the client ID and secret before each login. It prints nothing
and stores no tokens.
"""

import base64
import concurrent.futures
import hashlib
import http.client
import json
import secrets
import threading
import time
import urllib.parse

# Less than 100 ms, so that a busy machine does not exceed it.
EVERY_SECONDS = 0.08
FORM = "application/x-www-form-urlencoded"


class Rejected(Exception):
    """Rejected by the site, with the error code."""


class SteadyClient(threading.Thread):
    def __init__(self, site, callback, username, password, pair):
        super().__init__(daemon=True)
        self.site = urllib.parse.urlsplit(site)
        self.callback = callback
        self.user = {"username": username, "password": password}
        self.pair = pair
        self.attempts = []
        self.ending = threading.Event()

    def run(self):
        # A slow login does not delay the next one.
        with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
            next_one = time.monotonic()
            while not self.ending.is_set():
                pool.submit(self.attempt)
                next_one += EVERY_SECONDS
                self.ending.wait(max(0.0, next_one - time.monotonic()))

    def attempt(self):
        started = time.monotonic()
        try:
            self.log_in(*self.pair())
            answer = "ok"
        except Rejected as reason:
            answer = str(reason)
        except Exception as reason:
            # Any other failure also counts.
            answer = type(reason).__name__
        self.attempts.append((started, answer))

    def end(self):
        self.ending.set()
        self.join(timeout=30)

    def since(self, moment):
        """The number of logins that started after a moment, and the results of those that failed."""
        answers = [answer for started, answer in list(self.attempts) if started >= moment]
        return len(answers), [answer for answer in answers if answer != "ok"]

    def longest_pause(self):
        starts = sorted(started for started, _ in list(self.attempts))
        return max((later - earlier for earlier, later in zip(starts, starts[1:])), default=0.0)

    def log_in(self, client_id, secret):
        verifier = secrets.token_urlsafe(64)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        parameters = {
            "response_type": "code_credentials",
            "client_id": client_id,
            "redirect_uri": self.callback,
            "code_challenge": challenge,
            **self.user,
        }
        answer, headers = self.post("/services/oauth2/authorize", parameters, {"Auth-Request-Type": "Named-User"})
        place = urllib.parse.urlsplit(headers.get("location", ""))
        result = dict(urllib.parse.parse_qsl(place.query)) or answer
        if "code" not in result:
            raise Rejected(result.get("error", "no code"))
        exchanged = {
            "grant_type": "authorization_code",
            "code": result["code"],
            "client_id": client_id,
            "client_secret": secret,
            "redirect_uri": self.callback,
            "code_verifier": verifier,
        }
        answer, _ = self.post("/services/oauth2/token", exchanged, {})
        if "access_token" not in answer:
            raise Rejected(answer.get("error", "no token"))

    def post(self, path, fields, headers):
        kind = http.client.HTTPSConnection if self.site.scheme == "https" else http.client.HTTPConnection
        connection = kind(self.site.netloc, timeout=30)
        try:
            headers = {**headers, "Content-Type": FORM, "Accept": "application/json"}
            connection.request("POST", self.site.path.rstrip("/") + path, urllib.parse.urlencode(fields), headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        try:
            fields = json.loads(body)
        except ValueError:
            fields = {}
        return fields if isinstance(fields, dict) else {}, {name.lower(): value for name, value in answer.getheaders()}
