import Manifest
import OCI
import SystemPackage
import Testing

@testable import Kaniko

/// What command lines mean.
@Suite struct ExecutorOptionsTests {
    private let files: Set<String> = [
        "/workspace/Dockerfile", "/builds/app/Dockerfile", "/builds/app/docker/Prod", "/builds/app/sub/Dockerfile",
    ]

    private func options(
        _ line: String, _ environment: [String: String] = [:], in folder: String = "/builds/app"
    ) throws(KanikoError) -> ExecutorOptions {
        let words = line.split(separator: " ").map(String.init)
        return try ExecutorOptions(
            GivenFlags(words, of: Flag.executor),
            Surroundings(environment: environment, workingFolder: folder) { [files] in files.contains($0) })
    }

    // MARK: - Sources

    @Test(arguments: [
        ("", "dir:///workspace"), ("-c .", "dir:///builds/app/."), ("--context=/srv/x/", "dir:///srv/x"),
        ("--context dir:///srv/x", "dir:///srv/x"), ("-c /srv --context-sub-path a/b/", "dir:///srv/a/b"),
        ("-c tar://x.tar.gz", "tar:///builds/app/x.tar.gz"),
        ("-c tar:///x.tgz --context-sub-path a", "tar:///x.tgz#:a"),
        ("-c tar://stdin", "tar://stdin"), ("-c tar://stdin --context-sub-path=/a", "tar://stdin#:a"),
        ("-c gs://b/k", "gs://b/k"), ("-c s3://b/k --context-sub-path a", "s3://b/k#:a"),
        ("-b bucket/k.tgz", "gs://bucket/k.tgz"), ("-b s3://bucket/k", "s3://bucket/k"),
        ("-b bucket -c /srv", "gs://bucket"), ("-b bucket -c s3://b/k", "s3://b/k"),
        ("-c https://a.blob.core.windows.net/c/x.tgz", "https://a.blob.core.windows.net/c/x.tgz"),
        ("-c git://github.com/x/y", "git://github.com/x/y"),
        ("-c git://github.com/x/y.git#refs/heads/z", "git://github.com/x/y.git#refs/heads/z"),
        ("-c git://github.com/x/y#refs/heads/z#0123abc", "git://github.com/x/y#refs/heads/z#0123abc"),
        ("-c git://github.com/x/y --context-sub-path a", "git://github.com/x/y#:a"),
        ("-c git://github.com/x/y#main --context-sub-path a", "git://github.com/x/y#main:a"),
        ("-c git://github.com/x/y --git branch=dev --git single-branch=true", "git://github.com/x/y#dev"),
        ("-c git://github.com/x/y#main --git branch=dev", "git://github.com/x/y#main"),
        ("-c git@github.com:x/y.git", "git@github.com:x/y.git"),
    ]) func `contexts`(line: String, expected: String) throws {
        #expect(try options("--no-push -f /workspace/Dockerfile \(line)").source.context == expected)
    }

    @Test(
        arguments: [
            ("", "/builds/app", .file("/builds/app/Dockerfile")), ("", "/", .file("/workspace/Dockerfile")),
            ("-c sub", "/builds/app", .file("/builds/app/Dockerfile")),
            ("-c sub -f sub/Dockerfile", "/builds/app", .file("/builds/app/sub/Dockerfile")),
            ("-c /builds/app/sub", "/", .file("/builds/app/sub/Dockerfile")),
            ("-c /builds/app -f docker/Prod", "/", .file("/builds/app/docker/Prod")),
            ("-c /builds/app -f /docker/Prod", "/", .file("/builds/app/docker/Prod")),
            ("-c git://github.com/x/y", "/", .context("Dockerfile")),
            ("-c git://github.com/x/y -f deploy/Dockerfile", "/", .context("deploy/Dockerfile")),
            ("-f https://x.example.com/Dockerfile", "/", .url("https://x.example.com/Dockerfile")),
        ] as [(String, String, SourceOptions.Dockerfile)])
    func `the Dockerfile is in the working folder, else in the context`(
        line: String, folder: String, expected: SourceOptions.Dockerfile
    ) throws {
        #expect(try options("--no-push \(line)", in: folder).source.dockerfile == expected)
    }

    @Test func `arguments without a value take the environment's`() throws {
        let source = try options(
            "--no-push --build-arg A=1 --build-arg B --build-arg C --build-arg=D= --build-arg=E=x=y", ["B": "two"]
        ).source
        #expect(source.arguments.map { "\($0.name)=\($0.value)" } == ["A=1", "B=two", "D=", "E=x=y"])
    }

    @Test(arguments: [
        ("id=a,src=f", SecretOption.Source.file("/builds/app/f")), ("id=a,source=/f", .file("/f")),
        ("id=a,env=V", .variable("V")), ("id=a", .variable("a")), ("id=a,type=env,src=V", .variable("V")),
        ("type=file,id=a,src=f", .file("/builds/app/f")),
    ]) func `secrets`(text: String, expected: SecretOption.Source) throws {
        #expect(try options("--no-push --secret \(text)").source.secrets.first?.source == expected)
    }

    // MARK: - Outputs

    @Test func `files of digests are kaniko's, byte for byte`() throws {
        let digest = Digest(of: [])
        let output = try options(
            "-d x -d r.example.com/a/b:v1 --digest-file d --image-name-with-digest-file /n --image-name-tag-with-digest-file t"
        ).output
        #expect(
            output.notes(digest) == [
                .init(place: "/builds/app/d", text: "\(digest)"),
                .init(place: "/n", text: "index.docker.io/library/x@\(digest)\nr.example.com/a/b@\(digest)\n"),
                .init(
                    place: "/builds/app/t",
                    text: "index.docker.io/library/x:latest@\(digest)\nr.example.com/a/b:v1@\(digest)\n"),
            ])
        #expect(
            output.builderOutput(digest).split(separator: "\n").last
                == #"{"name":"r.example.com/a/b:v1","digest":"\#(digest)"}"#)
    }

    @Test(
        arguments: [
            ("--no-push", [:], false), ("-d x", [:], true), ("-d x", ["KANIKO_NO_PUSH": "true"], false),
            ("-d x --no-push", ["KANIKO_NO_PUSH": "false"], true), ("-d x --no-push=false", [:], true),
            ("-d x", ["KANIKO_NO_PUSH": ""], true),
        ] as [(String, [String: String], Bool)])
    func `what is pushed`(line: String, environment: [String: String], expected: Bool) throws {
        #expect(try options(line, environment).output.pushes == expected)
    }

    // MARK: - Cache, registries, site

    @Test(
        arguments: [
            ("-d r.example.com/a:1", nil), ("-d r.example.com/a:1 --cache", "r.example.com/a/cache"),
            ("-d r.example.com/a:1 --cache --cache-repo r.example.com/c", "r.example.com/c"),
            ("-d a --cache", "docker.io/library/a/cache"),
            ("--no-push --cache --cache-repo oci:c", "oci:/builds/app/c"),
            ("--no-push --cache=true --cache-repo=oci:/c", "oci:/c"),
        ] as [(String, String?)])
    func `where steps are kept`(line: String, expected: String?) throws {
        #expect(try options(line).cache.repository == expected)
    }

    @Test func `registries are described by flags and variables together`() throws {
        let registries = try options(
            """
            --no-push --registry-mirror m.example.com/hub --registry-map a.example.com=b.example.com/p;c.example.com=d.example.com
            --insecure-registry r:5000 --skip-tls-verify-registry r:5000 --registry-certificate s.example.com=/ca.pem
            --registry-client-cert s.example.com=/c.pem,/k.pem --skip-default-registry-fallback --push-retry 9 --insecure
            --credential-helpers=ecr --credential-helpers google
            """.replacing("\n", with: " "),
            ["KANIKO_REGISTRY_MIRROR": "n.example.com", "KANIKO_REGISTRY_MAP": "a.example.com=e.example.com"]
        ).registries
        #expect(registries.hosts["docker.io"]?.mirrors.map(\.description) == ["m.example.com/hub", "n.example.com"])
        #expect(registries.hosts["a.example.com"]?.mirrors.map(\.description) == ["b.example.com/p", "e.example.com"])
        #expect(registries.hosts["c.example.com"]?.mirrors.count == 1)
        let plain = try #require(registries.hosts["r:5000"])
        #expect(plain.mayBeHTTP && plain.skipsTLS)
        let secure = try #require(registries.hosts["s.example.com"])
        #expect((secure.authorities, secure.certificate, secure.key) == (["/ca.pem"], "/c.pem", "/k.pem"))
        #expect((registries.fallsBack, registries.retries) == (false, 9))
        #expect((registries.push.mayBeHTTP, registries.pull.mayBeHTTP) == (true, false))
        #expect(registries.helpers == ["ecr", "google"])
        #expect(try options("--no-push --credential-helpers=").registries.helpers == [])
        #expect(try options("--no-push").registries.helpers == nil)
    }

    @Test(
        arguments: [
            ("", [:], nil), ("--state s", ["BUILD_ALL_STATE": "/x"], "/builds/app/s"),
            ("--kaniko-dir /k", [:], "/k/build-all"), ("", ["KANIKO_DIR": "/k"], "/k/build-all"),
            ("--kaniko-dir /k", ["KANIKO_DIR": "/j"], "/k/build-all"), ("", ["BUILD_ALL_STATE": "/x"], nil),
            ("--kaniko-dir /k", ["BUILD_ALL_STATE": "/x"], "/k/build-all"),
        ] as [(String, [String: String], String?)])
    func `where the state is`(line: String, environment: [String: String], expected: String?) throws {
        #expect(try options("--no-push \(line)", environment).site.state == expected)
    }

    @Test func `what does nothing says why in one line`() throws {
        let notes = try options(
            "--no-push --snapshot-mode=redo --use-new-run --compressed-caching=false",
            [
                "SNAPSHOT_TIMEOUT_DURATION": "90m", "FF_KANIKO_COPY_AS_ROOT": "0", "FF_KANIKO_ROLLING_CACHE_KEY": "1",
                "FF_KANIKO_NEW": "1",
            ]
        ).notes
        #expect(notes.count == 6)
        #expect(notes.allSatisfy { $0.contains(" does nothing: ") && !$0.contains("\n") })
        #expect(notes.contains("FF_KANIKO_COPY_AS_ROOT does nothing: COPY without --chown is root's"))
    }

    @Test(arguments: [
        ("", KanikoError.noDestination), ("--no-push --cache", .cacheWithoutRepository),
        ("--no-push --image-name-with-digest-file x", .namesNothing("--image-name-with-digest-file")),
        ("--no-push -f None", .noDockerfile("None", context: "/workspace")),
        (
            "--no-push --git brnch=x",
            .badValue(
                "--git", "brnch=x",
                reason: "there is no \"brnch\", but branch, depth, single-branch, recurse-submodules, insecure-skip-tls"
            )
        ),
        ("--no-push --secret src=f", .badValue("--secret", "src=f", reason: "it has no id")),
        ("--no-push --label x", .badValue("--label", "x", reason: "NAME=VALUE is needed")),
        (
            "--no-push --verbosity loud",
            .badValue(
                "--verbosity", "loud", reason: "it is one of panic, fatal, error, warn, info, debug, trace")
        ),
        ("--no-push --compression zip", .badValue("--compression", "zip", reason: "it is one of gzip, zstd")),
        (
            "--no-push --compression-level 40",
            .badValue(
                "--compression-level", "40", reason: "gzip has the levels 1 to 12")
        ),
        ("--no-push --registry-map x", .badValue("--registry-map", "x", reason: "REGISTRY=MIRROR;… is needed")),
        (
            "--no-push --credential-helpers aws",
            .badValue(
                "--credential-helpers", "aws", reason: "there are env, google, ecr, acr, gitlab")
        ),
        (
            "--no-push --image-format docker --compression zstd",
            .badValue(
                "--compression", "zstd", reason: "images of --image-format docker are packed by gzip alone")
        ),
    ]) func `what cannot be followed is an error`(line: String, expected: KanikoError) {
        #expect(throws: expected) { try options(line) }
    }

    @Test(arguments: ["-d r.example.com/UPPER", "-d x:y:z", "-d x@sha256:1", "--no-push --cache --cache-repo=A:b:c"])
    func `a name that is none is an error that has it`(line: String) {
        let error = #expect(throws: KanikoError.self) { try options(line) }
        #expect(error?.description.contains(line.split { $0 == " " || $0 == "=" }.last ?? "") == true)
    }

    // MARK: - The manifest

    private func manifest(_ options: ExecutorOptions, _ text: String? = nil) throws -> BatchManifest {
        try BatchManifest.load(
            text: options.manifest(dockerfile: text), name: "the command line",
            environment: ["NPM": "x"],
            context: ExpansionContext(run: "r", now: 0) { _ in throw KanikoError.noDestination })
    }

    @Test func `a command line becomes a manifest of one image`() throws {
        let options = try options(
            """
            -c . -d r.example.com/team/app:v1 -d r.example.com/team/app --build-arg A=${x} --label a.b=${base.digest}"\\
            --annotation k=v --secret id=n,env=NPM --cache --cache-ttl 6h --tar-path /t.tar --oci-layout-path /oci
            --reproducible --compression zstd --compression-level 5 --network host
            """.replacing("\n", with: " "))
        let manifest = try manifest(options)
        let image = try #require(manifest.images.first)
        #expect(manifest.images.count == 1)
        #expect(image.name == "team/app")
        #expect(image.args.map(\.value) == ["${x}"])
        #expect(
            image.tags.compactMap { $0.reference?.description } == [
                "r.example.com/team/app:v1", "r.example.com/team/app:latest",
            ])
        #expect(image.annotations == ["k": "v"])
        #expect(image.cache.ttl == .seconds(6 * 3600))
        #expect(image.outputs.map(\.kind) == [.push, .dockerArchive("/t.tar"), .oci("/oci")])
        #expect((image.epoch, image.network) == (.seconds(0), .host))
        #expect(image.compression == LayerCompression(.zstd, level: 5))
        #expect(image.dockerfile?.value == .context("Dockerfile"))
    }

    @Test(arguments: [
        ("-c .", "Dockerfile"), ("-c . -f docker/Prod", "docker/Prod"), ("-c sub -f sub/Dockerfile", "Dockerfile"),
        ("-c sub", "../Dockerfile"), ("-c /srv/x", "../../builds/app/Dockerfile"),
        ("-c tar:///x.tar", "/builds/app/Dockerfile"),
    ]) func `a Dockerfile is named from the context`(line: String, expected: String) throws {
        let text = try options("--no-push \(line)").manifest()
        #expect(text.contains("dockerfile: \"\(expected)\""), "\(text)")
    }

    @Test func `several targets are several images, the first last`() throws {
        let manifest = try manifest(options("-c . -d r.example.com/app --target final --target test,lint"))
        #expect(manifest.images.map(\.name) == ["app", "app-target-2", "app-target-3"])
        #expect(manifest.images.map { $0.target?.value } == ["final", "test", "lint"])
        #expect(manifest.images[0].needs.map(\.value) == ["app-target-2", "app-target-3"])
        #expect(manifest.images[1].outputs.isEmpty && manifest.images[1].tags.isEmpty)
    }

    @Test func `a Dockerfile that was fetched is in the manifest, as it is`() throws {
        let text = "FROM a\nRUN echo \"${X:-1}\" \\\n  $${Y}\n"
        let manifest = try manifest(options("--no-push -f https://x.example.com/Dockerfile"), text)
        #expect(manifest.images.first?.inline?.value == text)
        #expect(manifest.images.first?.name == "image")
    }

    @Test func `names of repositories become names of images`() throws {
        for (name, expected) in [("a__b/c--d.e", "a-b/c-d-e"), ("x", "library/x")] {
            #expect(try options("-d \(name == "x" ? name : "r.example.com/" + name)").imageNames == [expected])
        }
    }
}
