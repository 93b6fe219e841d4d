import Foundation
internal import SystemPackage

/// docker-registry under a cloud's name, in HTTPS, behind what that cloud has before its own: the exchange of Azure's tokens,
/// Google's token server, Amazon's passwords; and the cloud's services that say who one is, on 127.0.0.1.
///
/// Whoever has `environment` reaches it, through a proxy that leads every host here.
public final class CloudRegistry: Sendable {
    public enum Cloud: String, Sendable { case azure, google, amazon }

    /// The registry's name, such as `team.azurecr.io`.
    public let host: String
    /// What an identity has to prove itself by, as it is or as a part; every token that leads to the registry has it in it.
    public let secret = "geheim-\(UUID().uuidString)"
    private let folder: TestFolder
    private let tokens: TestTokenServer?
    private let registry: DockerRegistry
    private let front: PythonServer
    private let proxy: TestProxy

    public init(_ host: String, of cloud: Cloud) throws {
        self.host = host
        folder = try TestFolder()
        let path = cloud == .azure ? "/oauth2/token" : "/v2/token"
        tokens =
            cloud == .amazon
            ? nil
            : try TestTokenServer(user: ("front", secret), service: host, realm: "https://\(host)\(path)")
        registry = try DockerRegistry(.init(tokens: tokens))
        try TestCertificates.make(in: FilePath(folder.path), names: [host])
        front = try PythonServer(
            Self.script, needsPackages: false,
            environment: [
                "CLOUD": cloud.rawValue, "HOST": host, "SECRET": secret, "FOLDER": folder.path,
                "REGISTRY": registry.host, "TOKENS": tokens?.address ?? "",
            ])
        proxy = TestProxy(target: Int(front.port) ?? 0)
    }

    /// How the registry is reached, and trusted.
    public var environment: [String: String] {
        ["HTTPS_PROXY": "http://\(proxy.address)", "NO_PROXY": "", "SSL_CERT_FILE": folder.path("ca.crt")]
    }

    /// `127.0.0.1:PORT` of the services that say who one is.
    public var identityHost: String { "127.0.0.1:\(front.settings["identity"] ?? "")" }

    /// The paths at which someone was asked for tokens so far, each followed by what the answer was.
    public func asked() throws -> [String] {
        try String(contentsOfFile: folder.path("log"), encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// Whether the registry has a tag.
    public func has(_ repository: String, _ tag: String) -> Bool {
        let path = "data/docker/registry/v2/repositories/\(repository)/_manifests/tags/\(tag)"
        return FileManager.default.fileExists(atPath: registry.folder.appending(path).string)
    }

    private static let script = """
        import base64, http.client, http.server, ssl, urllib.parse, urllib.request
        CLOUD, HOST, SECRET, FOLDER, REGISTRY, TOKENS = (os.environ[n] for n in "CLOUD HOST SECRET FOLDER REGISTRY TOKENS".split())
        DIRECTORY, REFRESH, GOOGLE = "aad." + SECRET, "refresh." + SECRET, "ya29." + SECRET
        RESOURCE, SCOPE = "https://containerregistry.azure.net", "https://www.googleapis.com/auth/cloud-platform"
        log = open(FOLDER + "/log", "a", buffering=1)
        def basic(user, password): return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        def signed(scopes):
            # A token that docker-registry believes.
            request = urllib.request.Request(TOKENS + "?" + urllib.parse.urlencode([("scope", s) for s in scopes]))
            request.add_header("Authorization", basic("front", SECRET))
            return json.load(urllib.request.urlopen(request))["token"]
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *arguments): pass
            def header(self, name): return self.headers.get(name, "")
            def send(self, status, headers, body, length=None):
                self.send_response(status)
                for name, value in headers: self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)
            def say(self, document):
                status, document = (200, document) if document else (401, {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]})
                log.write(f"{self.path.partition('?')[0]} {status}\\n")
                self.send(status, [("Content-Type", "application/json")], json.dumps(document).encode())
            def do_GET(self):
                path, _, query = self.path.partition("?")
                body = self.rfile.read(int(self.header("Content-Length") or 0))
                if self.header("Content-Type") == "application/x-www-form-urlencoded": query += "&" + body.decode()
                self.form = urllib.parse.parse_qs(query)
                self.answer(path, body)
            do_HEAD = do_POST = do_PUT = do_PATCH = do_GET
            def has(self, **items): return all(self.form.get(n) == [v] for n, v in items.items())
        class Identity(Handler):
            def answer(self, path, body):
                token = self.directory(path) or self.google(path)
                if path == "/" and self.header("X-Amz-Target").endswith(".GetAuthorizationToken") and "Credential=AKID/" in self.header("Authorization"):
                    data = base64.b64encode(f"AWS:{SECRET}".encode()).decode()
                    return self.say({"authorizationData": [{"authorizationToken": data, "expiresAt": 4070908800}]})
                life = "3599" if path.startswith("/metadata") else 3599
                self.say(token and {"access_token": token, "expires_in": life, "token_type": "Bearer"})
            def directory(self, path):
                if path == "/tenant/oauth2/v2.0/token":
                    jwt = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                    proves = self.has(client_secret=SECRET) or self.has(client_assertion="jwt." + SECRET, client_assertion_type=jwt)
                    known = self.has(grant_type="client_credentials", client_id="client", scope=RESOURCE + "/.default")
                    return proves and known and DIRECTORY
                if path == "/metadata/identity/oauth2/token":
                    return self.header("Metadata") == "true" and self.has(resource=RESOURCE) and DIRECTORY
            def google(self, path):
                if path == "/computeMetadata/v1/instance/service-accounts/default/token":
                    return self.header("Metadata-Flavor") == "Google" and GOOGLE
                if path == "/token" and self.has(grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer"):
                    claims = json.loads(base64.urlsafe_b64decode(self.form["assertion"][0].split(".")[1] + "=="))
                    return claims["iss"] == "build@project.example" and SCOPE in claims["scope"].split() and GOOGLE
        class Front(Handler):
            def answer(self, path, body):
                if (CLOUD, path) == ("azure", "/oauth2/exchange"):
                    known = self.has(grant_type="access_token", service=HOST, access_token=DIRECTORY)
                    return self.say(known and self.form.get("tenant") in (None, ["tenant"]) and {"refresh_token": REFRESH})
                if (CLOUD, path) == ("azure", "/oauth2/token"):
                    known = self.has(grant_type="refresh_token", service=HOST, refresh_token=REFRESH)
                    return self.say(known and {"access_token": signed(self.form["scope"])})
                if (CLOUD, path) == ("google", "/v2/token"):
                    known = self.has(service=HOST) and self.header("Authorization") == basic("oauth2accesstoken", GOOGLE)
                    return self.say(known and {"token": signed(self.form["scope"]), "expires_in": 3600})
                if CLOUD == "amazon" and self.header("Authorization") != basic("AWS", SECRET):
                    challenge = ("WWW-Authenticate", f'Basic realm="https://{HOST}/",service="ecr.amazonaws.com"')
                    return self.send(401, [challenge], b"Not Authorized")
                self.forward(body)
            def forward(self, body):
                connection = http.client.HTTPConnection(REGISTRY)
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                dropped = ("connection", "expect") + (("authorization",) if CLOUD == "amazon" else ())
                for name, value in self.headers.items():
                    if name.lower() not in dropped: connection.putheader(name, value)
                connection.putheader("X-Forwarded-Proto", "https")
                connection.endheaders(body)
                answer = connection.getresponse()
                own = ("connection", "transfer-encoding", "content-length", "date", "server")
                length = answer.headers.get("Content-Length", "0") if self.command == "HEAD" else None
                self.send(answer.status, [h for h in answer.getheaders() if h[0].lower() not in own], answer.read(), length)
        front = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(FOLDER + "/server.crt", FOLDER + "/server.key")
        # Who says nothing is waited for by its own thread.
        front.socket = context.wrap_socket(front.socket, server_side=True, do_handshake_on_connect=False)
        identity = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Identity)
        threading.Thread(target=identity.serve_forever, daemon=True).start()
        serving(port=front.server_port, identity=identity.server_port)
        front.serve_forever()
        """
}
