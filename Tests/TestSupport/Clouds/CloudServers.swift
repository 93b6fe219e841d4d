/// Services of clouds on loopback.
public enum CloudServers {
    /// moto: S3, STS, ECR and IAM. Each request is checked: its signature, and what its user may do. `key` and `secret` are
    /// those of a user who may do everything; `role` can be assumed. The bucket `bucket` in `eu-west-1` has the object
    /// `dir/ctx.tar.gz`, and each of `names`, whose content is the name.
    public static func amazon(names: [String] = [], checks: Bool = true) throws -> PythonServer {
        try PythonServer(
            amazonScript, needsPackages: true,
            environment: [
                "NAMES": names.joined(separator: "\n"), "CHECKS": checks ? "1" : "", "AWS_ACCESS_KEY_ID": "none",
                "AWS_SECRET_ACCESS_KEY": "none",
            ])
    }

    private static let amazonScript = """
        import logging; logging.disable(logging.CRITICAL)
        from werkzeug.serving import make_server, WSGIRequestHandler
        from moto import settings
        from moto.server import DomainDispatcherApplication, create_backend_app
        from moto.backends import get_backend
        from moto.core import DEFAULT_ACCOUNT_ID as account
        iam = get_backend("iam")[account]["aws"]
        everything = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
        iam.create_user("us-east-1", "tester")
        iam.put_user_policy("tester", "everything", everything)
        key = iam.create_access_key("tester")
        trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}]}'
        role = iam.create_role("reader", trust, "/", None, "", [], "3600")
        iam.put_role_policy("reader", "everything", everything)
        s3 = get_backend("s3")[account]["aws"]
        s3.create_bucket("bucket", "eu-west-1")
        s3.put_object("bucket", "dir/ctx.tar.gz", bytes(range(256)) * 4000)
        for name in os.environ["NAMES"].split("\\n"):
            if name: s3.put_object("bucket", name, name.encode())
        if os.environ["CHECKS"]: settings.INITIAL_NO_AUTH_ACTION_COUNT = 0.0
        class Quiet(WSGIRequestHandler):
            def log(self, *arguments): pass
        class Application:
            def __init__(self, inner): self.inner = inner
            def __call__(self, environ, start):
                return self.inner(environ, start)
        server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True, request_handler=Quiet)
        serving(port=server.port, key=key.access_key_id, secret=key.secret_access_key, role=role.arn)
        server.serve_forever()
        """

    /// gcp-storage-emulator with a bucket `bucket` that has `dir/ctx.tar.gz`, `context.tar.gz` and each of `names`, whose
    /// content is the name.
    public static func google(names: [String] = []) throws -> PythonServer {
        try PythonServer(googleScript, needsPackages: true, environment: ["NAMES": names.joined(separator: "\n")])
    }

    private static let googleScript = """
        import logging; logging.disable(logging.CRITICAL)
        import time, urllib.request, urllib.parse
        from gcp_storage_emulator.server import create_server
        server = create_server("127.0.0.1", 0, in_memory=True, default_bucket="bucket")
        server.start()
        while not (server._api._httpd and server._api._httpd.server_port): time.sleep(0.01)
        port = server._api._httpd.server_port
        names = {n: n.encode() for n in os.environ["NAMES"].split("\\n") if n}
        names["dir/ctx.tar.gz"] = bytes(range(256)) * 4000
        names["context.tar.gz"] = b"context"
        for name, content in names.items():
            url = f"http://127.0.0.1:{port}/upload/storage/v1/b/bucket/o?uploadType=media&name=" + urllib.parse.quote(name, safe="")
            urllib.request.urlopen(urllib.request.Request(url, data=content, method="POST"))
        serving(port=port)
        threading.Event().wait()
        """

    /// A store of blobs that checks signatures by itself, as Azure's documentation says: account `account`, whose key is
    /// `key`; container `box` with `dir/ctx.tar.gz`, and a container `public` with the same that anybody may read.
    /// `sas` is a shared access signature that may read. The content is that of a file, else of 1 MB. With a folder of
    /// `TestCertificates` it speaks HTTPS, and is the account's own host, without the account in the path.
    public static func azure(file: String = "", certificates: String = "") throws -> PythonServer {
        try PythonServer(azureScript, needsPackages: false, environment: ["FILE": file, "CERTIFICATES": certificates])
    }

    private static let azureScript = """
        import base64, datetime, hashlib, hmac, http.server, os, ssl, urllib.parse
        KEY = base64.b64encode(b"the key of the account, 32 bytes").decode()
        CONTENT = open(os.environ["FILE"], "rb").read() if os.environ["FILE"] else bytes(range(256)) * 4000
        ETAG = '"0x8D1"'
        def sign(text):
            return base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
        def sas_text(q):
            # Service SAS, version 2020-12-06 and later, of a blob.
            return "\\n".join([q["sp"], q.get("st", ""), q["se"], "/blob/account" + q["resource"], q.get("si", ""),
                q.get("sip", ""), q.get("spr", ""), q["sv"], q["sr"], q.get("snapshot", ""), q.get("ses", ""),
                q.get("rscc", ""), q.get("rscd", ""), q.get("rsce", ""), q.get("rscl", ""), q.get("rsct", "")])
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *arguments): pass
            def refuse(self, status, code, message):
                body = f"\\ufeff<?xml version=\\"1.0\\"?><Error><Code>{code}</Code><Message>{message}\\nRequestId:1</Message></Error>".encode()
                self.send_response(status)
                self.send_header("x-ms-error-code", code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def header(self, name): return self.headers.get(name, "")
            def shared_key(self, path, query):
                if not self.header("x-ms-version"): return False
                date = datetime.datetime.strptime(self.header("x-ms-date"), "%a, %d %b %Y %H:%M:%S GMT")
                lines = ["GET"] + [self.header(n) for n in ("Content-Encoding", "Content-Language", "Content-Length", "Content-MD5",
                    "Content-Type", "Date", "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range")]
                lines += sorted(n.lower() + ":" + v.strip() for n, v in self.headers.items() if n.lower().startswith("x-ms-"))
                resource = "/account" + path
                for name in sorted({n.lower() for n, _ in query}):
                    resource += "\\n" + name + ":" + ",".join(sorted(v for n, v in query if n.lower() == name))
                return self.header("Authorization") == "SharedKey account:" + sign("\\n".join(lines + [resource]))
            def do_GET(self):
                path, _, text = self.path.partition("?")
                signed = path
                if os.environ["CERTIFICATES"]: path = "/account" + path
                query = urllib.parse.parse_qsl(text, keep_blank_values=True)
                names = dict(query)
                if path.startswith("/account/public/"): pass
                elif "sig" in names:
                    resource = urllib.parse.unquote(path)[len("/account"):]
                    if "r" not in names["sp"] or names["sig"] != sign(sas_text(dict(names, resource=resource))):
                        return self.refuse(403, "AuthenticationFailed", "Signature did not match")
                elif self.header("Authorization").startswith("Bearer directory"): pass
                elif not self.header("Authorization"):
                    return self.refuse(404, "ResourceNotFound", "The specified resource does not exist.")
                elif not self.shared_key(signed, query):
                    return self.refuse(403, "AuthenticationFailed", "Server failed to authenticate the request.")
                if not path.endswith(("/dir/ctx.tar.gz", "/a%20b%2Bc.tar.gz")):
                    return self.refuse(404, "BlobNotFound", "The specified blob does not exist.")
                if self.header("If-None-Match") == ETAG:
                    self.send_response(304); self.end_headers(); return
                start = 0
                if self.header("Range"):
                    start = int(self.header("Range")[6:].split("-")[0])
                    self.send_response(206)
                    self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
                else: self.send_response(200)
                self.send_header("ETag", ETAG)
                self.send_header("Content-Length", str(len(CONTENT) - start))
                self.end_headers()
                if start == 0 and "drop" in names:
                    self.wfile.write(CONTENT[:500000]); self.wfile.flush(); self.connection.shutdown(2); self.close_connection = True
                else: self.wfile.write(CONTENT[start:])
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if os.environ["CERTIFICATES"]:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.environ["CERTIFICATES"] + "/server.crt", os.environ["CERTIFICATES"] + "/server.key")
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        later = "2099-01-01T00:00:00Z"
        fields = {"sv": "2021-08-06", "sr": "b", "sp": "r", "se": later, "resource": "/box/dir/ctx.tar.gz"}
        sas = urllib.parse.urlencode({"sv": "2021-08-06", "sr": "b", "sp": "r", "se": later, "sig": sign(sas_text(fields))})
        serving(port=server.server_port, key=KEY, sas=sas)
        server.serve_forever()
        """
}
