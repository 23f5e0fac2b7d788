"""A token server as registries have them (https://distribution.github.io/distribution/spec/auth/token/, …/jwt/): whom it
knows, and what they may do, says the test. Its tokens are JWTs signed with ES256, with the certificate of their key."""
import base64
import http.server
import json
import os
import pathlib
import ssl
import threading
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509 import load_pem_x509_certificate

ISSUER, SERVICE = "a token server", "a registry"


def _unpadded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class TokenServer:
    """`users`: {name: (password, refresh token)}. `may(user, repository)` is the actions that the user, None for nobody, is
    allowed there. `certificates` are those of make_certificates(); `certificates["authority"]` is the registry's rootcertbundle."""

    def __init__(self, certificates, users, may):
        self.users, self.may = users, may
        self.asked = []  # (user, scopes) of each token that was given
        self.dead_after = {}  # the next tokens: {ordinal: seconds}
        self._key = serialization.load_pem_private_key(pathlib.Path(certificates["server_key"]).read_bytes(), None)
        certificate = load_pem_x509_certificate(pathlib.Path(certificates["server"]).read_bytes())
        self._chain = [base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()]
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802: the library's name
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                kind, _, login = self.headers.get("Authorization", "").partition(" ")
                user, _, password = base64.b64decode(login).decode().partition(":")
                known = user in outer.users and outer.users[user][0] == password
                self.answer(query, user if known else None, kind == "" or (kind == "Basic" and known))

            def do_POST(self):  # noqa: N802
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                users = [user for user, (_, refresh) in outer.users.items() if form.get("refresh_token") == [refresh]]
                self.answer(form, users[0] if users else None, bool(users) and form.get("grant_type") == ["refresh_token"])

            def answer(self, query, user, welcome):
                welcome = welcome and query.get("service") == [SERVICE]
                body = json.dumps({"token": outer.token(user, query.get("scope", [])), "expires_in": 60} if welcome
                                  else {"errors": [{"code": "UNAUTHORIZED"}]}).encode()
                self.send_response(200 if welcome else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates["server"], certificates["server_key"])
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.configuration = {"realm": f"https://127.0.0.1:{self.server.server_port}/token", "service": SERVICE, "issuer": ISSUER,
                              "rootcertbundle": certificates["authority"]}

    # How long after its end docker-registry takes a token, for clocks that differ.
    LEEWAY = 60

    def token(self, user, scopes):
        access = []
        for scope in scopes:
            kind, name, actions = scope.split(":")
            allowed = [one for one in actions.split(",") if kind == "repository" and one in self.may(user, name)]
            if allowed:
                access.append({"type": kind, "name": name, "actions": allowed})
        begin = int(time.time())
        life = self.dead_after.pop(len(self.asked), 300 + self.LEEWAY) - self.LEEWAY
        self.asked.append((user, scopes))
        header = {"typ": "JWT", "alg": "ES256", "x5c": self._chain}
        claims = {"iss": ISSUER, "sub": user or "", "aud": SERVICE, "exp": begin + life, "nbf": begin - 600, "iat": begin,
                  "jti": os.urandom(8).hex(), "access": access}
        signed = ".".join(_unpadded(json.dumps(part).encode()) for part in (header, claims))
        r, s = utils.decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_unpadded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
