"""A time stamp authority that `openssl ts` plays, on a port of its own. All of it is test data."""
import http.server
import shutil
import subprocess
import sys
import threading

from registre_process import TIMEOUT_S

CONFIG = """
[tsa]
default_tsa = test_tsa
[test_tsa]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/ca.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def openssl(*arguments, stdin=None):
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True,
                          timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, f"openssl {arguments}: {done.stderr.decode()}"
    return done.stdout


def make_authority(folder):
    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                "-subj", f"/CN=Test {name}", "-keyout", folder / f"{name}.key",
                "-out", folder / f"{name}.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Test TSA",
            "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr")
    (folder / "tsa.ext").write_text("extendedKeyUsage=critical,timeStamping\n"
                                    "keyUsage=critical,digitalSignature\n")
    openssl("x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "ca.pem",
            "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "30",
            "-extfile", folder / "tsa.ext", "-out", folder / "tsa.pem")
    (folder / "serial").write_text("01\n")
    (folder / "tsa.conf").write_text(CONFIG.format(folder=folder))


class Authority(http.server.BaseHTTPRequestHandler):
    """POST /: stamps. Each other path goes wrong in its own way."""
    folder = None
    meanwhile = staticmethod(lambda: None)  # what goes on while it answers
    asked = None  # the last request
    answered = b""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Authority.asked = (self.headers["Content-Type"], body)
        self.meanwhile()
        answer = {"/garbage": b"<html>", "/large": b"x" * 200_000,
                  "/replayed": Authority.answered}.get(self.path)
        if answer is None:
            query = self.folder / "query.tsq"
            # What `openssl ts` refuses to read it answers with a refusal.
            query.write_bytes(b"no request" if self.path == "/refuses" else body)
            answer = openssl("ts", "-reply", "-config", self.folder / "tsa.conf",
                             "-queryfile", query)
            Authority.answered = answer
        self.send_response(503 if self.path == "/down" else 200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def start_authority(folder):
    """Makes its certificates in the folder (ca.pem; other.pem is a stranger's) and serves. The caller
    shuts it down."""
    if shutil.which("openssl") is None:
        sys.exit("failed: the openssl command is not installed (deploy/common.sh lists it)")
    make_authority(folder)
    Authority.folder = folder
    authority = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Authority)
    threading.Thread(target=authority.serve_forever, daemon=True).start()
    return authority
