import DockerfileFrontend
import Testing

@Suite struct ScopeTests {
    private func scope(_ head: String, _ given: [String: String] = [:], target: String? = nil) throws -> GlobalScope {
        let file = try Dockerfile(parsing: head + "FROM a AS one\nFROM b AS two\n")
        return try GlobalScope(
            file, buildArguments: given,
            targetPlatform: PlatformValues(os: "linux", architecture: "arm", variant: "v7", osVersion: "1"),
            buildPlatform: PlatformValues(os: "linux", architecture: "amd64"), target: target)
    }

    @Test(arguments: [
        ("TARGETPLATFORM", "linux/arm/v7"), ("TARGETOS", "linux"), ("TARGETOSVERSION", "1"), ("TARGETARCH", "arm"),
        ("TARGETVARIANT", "v7"), ("BUILDPLATFORM", "linux/amd64"), ("BUILDOS", "linux"), ("BUILDOSVERSION", ""),
        ("BUILDARCH", "amd64"), ("BUILDVARIANT", ""), ("TARGETSTAGE", "two"),
    ])
    func `platform arguments are set`(name: String, value: String) throws {
        #expect(try scope("")[name] == value)
        #expect(try scope("ARG \(name)\n")[name] == value)
        #expect(try scope("", [name: "mine"])[name] == "mine")
        #expect(try scope("ARG \(name)=mine\n")[name] == "mine")
    }

    @Test func `TARGETSTAGE is the target asked for, else the last stage, else default`() throws {
        #expect(try scope("", target: "One")["TARGETSTAGE"] == "One")
        #expect(try scope("", target: "")["TARGETSTAGE"] == "two")
        let nameless = try Dockerfile(parsing: "FROM a\n")
        let platform = PlatformValues(os: "linux", architecture: "amd64")
        #expect(try GlobalScope(nameless, targetPlatform: platform)["TARGETSTAGE"] == "default")
    }

    @Test func `an argument without a value is unset, an empty one is not`() throws {
        let scope = try scope("ARG a\nARG b=\nARG c\nARG d=1\n", ["c": "", "d": ""])
        #expect(scope["a"] == nil)
        #expect(scope["b"] == "")
        #expect(scope["c"] == "")
        #expect(scope["d"] == "")
    }

    @Test func `a global argument sees those before it, also of its own line`() throws {
        #expect(try scope("ARG a=1 b=$a\nARG c=${b}2 a=3\n")["c"] == "12")
    }

    /// Global default, stage default, build argument: the value in the stage.
    @Test(
        arguments: [
            (nil, nil, nil, nil), ("g", nil, nil, "g"), (nil, "s", nil, "s"), ("g", "s", nil, "s"),
            ("g", "s", "b", "b"),
            (nil, nil, "b", "b"), ("g", nil, "b", "b"), ("g", "s", "", ""), ("g", "", nil, ""),
        ] as [(String?, String?, String?, String?)])
    func `build arguments go before stage defaults before global values`(
        global: String?, stage: String?, given: String?, expected: String?
    ) throws {
        let scope = try scope(global.map { "ARG x=\($0)\n" } ?? "", given.map { ["x": $0] } ?? [:])
        let declaration = ArgumentDeclaration(name: "x", value: stage)
        #expect(try scope.value(of: declaration) { _ in nil }?.text == expected)
    }

    @Test func `a default is expanded with the stage's environment, unless a build argument replaces it`() throws {
        let declaration = ArgumentDeclaration(name: "x", value: "${y:?needed}")
        #expect(try scope("").value(of: declaration) { $0 == "y" ? "z" : nil }?.text == "z")
        #expect(try scope("", ["x": "1"]).value(of: declaration) { _ in nil }?.text == "1")
        let bare = try scope("")
        #expect(throws: ExpansionError.self) { try bare.value(of: declaration) { _ in nil } }
    }

    @Test func `arguments for the builder say how it works`() throws {
        let plain = try scope("")
        #expect(plain.hostname == "buildkitsandbox")
        #expect(plain.cacheNamespace.isEmpty)
        let given = try scope(
            "",
            [
                "BUILDKIT_SANDBOX_HOSTNAME": "h", "BUILDKIT_CACHE_MOUNT_NS": "n",
                "BUILDKIT_SYNTAX": "x", "BUILDKIT_INLINE_CACHE": "1",
            ])
        #expect(given.hostname == "h")
        #expect(given.cacheNamespace == "n")
        #expect(given["BUILDKIT_SANDBOX_HOSTNAME"] == nil)
        #expect(!GlobalScope.isVariable("BUILDKIT_SBOM_SCAN_CONTEXT"))
    }

    @Test func `the time of the sources takes the place of its word`() throws {
        let name = "SOURCE_DATE_EPOCH"
        let declaration = ArgumentDeclaration(name: name, value: nil)
        let global = try scope("ARG \(name)=context\n")
        #expect(try global.settingSourceDateEpoch(5).value(of: declaration) { _ in nil }?.text == "5")
        #expect(try global.settingSourceDateEpoch(nil).value(of: declaration) { _ in nil } == nil)
        let given = try scope("", [name: "context"]).settingSourceDateEpoch(6)
        #expect(try given.value(of: declaration) { _ in nil }?.text == "6")
        #expect(try scope("").settingSourceDateEpoch(7).value(of: declaration) { _ in nil } == nil)
    }

    @Test func `given proxies are set in both cases`() throws {
        let scope = try scope("", ["http_proxy": "a", "NO_PROXY": "b", "OTHER_PROXY": "c"])
        #expect(
            scope.proxyEnvironment.map { "\($0.name)=\($0.value)" } == [
                "HTTP_PROXY=a", "http_proxy=a", "NO_PROXY=b", "no_proxy=b",
            ])
        #expect(scope["http_proxy"] == nil)
    }
}
