import Foundation
import Jobs
import OCI
import Planning
import Storage
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Scheduler

/// What executors get from outside.
@Suite(.timeLimit(.minutes(10))) struct SourceTests {
    /// Runs a batch of images that all send these requests, one after the other; the answers of each.
    private func answers(
        to requests: [ExecutorRequest], contexts: [String: NamedContext] = [:], images: Int = 1
    ) async throws -> (batch: TestBatch, answers: [[ExecutorResponse?]]) {
        let seen = Mutex<[[ExecutorResponse?]]>([])
        let names = (0..<images).map { "i\($0)" }
        let script: FakeLauncher.Script = { executor in
            let answers = requests.map { executor.ask($0) }
            seen.withLock { $0.append(answers) }
            executor.send(.finished(.sample(of: executor.job.image)))
        }
        let batch = try TestBatch(
            names.map { TestImage(name: $0, namedContexts: contexts) },
            scripts: Dictionary(uniqueKeysWithValues: names.map { ($0, script) }), slots: images)
        _ = try await batch.run()
        return (batch, seen.withLock { $0 })
    }

    private func failure(_ answer: ExecutorResponse?) throws -> JobFailure {
        guard case .failed(let failure) = answer else {
            Issue.record("\(String(describing: answer))")
            throw CancellationError()
        }
        return failure
    }

    // MARK: URLs

    @Test func `a URL is asked once for all images, and its file is a blob`() async throws {
        let server = WebServer { _, _ in
            usleep(100_000)
            return WebServer.Reply(headers: ["Last-Modified": "Sat, 21 Nov 2026 00:00:00 GMT"], "hello")
        }
        let (batch, answers) = try await answers(
            to: [.download(url: server.url("/x"), checksum: nil)], images: 4)
        let digest = Digest(of: Array("hello".utf8))
        let expected = ExecutorResponse.downloaded(
            Download(digest: digest, sizeInBytes: 5, lastModified: 1_795_219_200))
        #expect(answers == [[expected], [expected], [expected], [expected]])
        #expect(server.requests.count == 1)
        #expect(try batch.blobs.read(digest) == Array("hello".utf8))
    }

    @Test func `what a server refuses is the Dockerfile's fault, what passes is the network's`() async throws {
        let server = WebServer { request, _ in WebServer.Reply(request.path == "/404" ? 404 : 401) }
        let (_, answers) = try await answers(
            to: [
                .download(url: server.url("/404"), checksum: nil),
                .download(url: "http://127.0.0.1:1/x", checksum: Digest(of: [])),
                .download(url: "ftp://user:s3cret@x/y", checksum: nil),
            ])
        let failures = try answers[0].map(failure)
        #expect(failures.map(\.class) == [.context, .network, .context])
        #expect(failures.map(\.isTemporary) == [false, true, false])
        #expect(failures[0].message == "\(server.url("/404")): HTTP 404")
        #expect(!failures[2].message.contains("s3cret"))
    }

    // MARK: Archives

    @Test(arguments: ["cf", "czf", "cJf", "cjf", "--zstd -cf"])
    func `an archive becomes a folder, once`(flags: String) async throws {
        let folder = try TestFolder()
        Shell(
            "cd \(folder.path); mkdir -p in/deep; echo x > in/deep/f; ln -s deep/f in/l; chmod 640 in/deep/f; tar \(flags) a -C in ."
        )
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder.path("a"))))
        let server = WebServer { request, _ in WebServer.Reply.file(bytes, to: request) }
        let request = ExecutorRequest.context(name: "a")
        let (batch, answers) = try await answers(
            to: [request, request], contexts: ["a": .archive(ArchiveSource(url: server.url("/a")))])
        guard case .folder(let fetched) = answers[0][0] else {
            Issue.record("\(answers)")
            return
        }
        #expect(answers[0][1] == answers[0][0])
        #expect(fetched.revision == Digest(of: bytes).description)
        #expect(fetched.path.hasPrefix("\(batch.folder)/"))
        #expect(
            Shell("cd \(fetched.path); cat deep/f; readlink l; stat -c '%a %u' deep/f").lines == [
                "x", "deep/f", "640 \(geteuid())",
            ])
        #expect(Shell("ls -A \(batch.folder)/tmp").output == "")
    }

    @Test func `what is no archive, one that leaves its folder, and one that is no context are failures`() async throws
    {
        let folder = try TestFolder()
        Shell("cd \(folder.path); echo x > f; tar cPf evil --transform 's|^|../../|' f")
        let evil = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder.path("evil"))))
        let server = WebServer { request, _ in
            request.path == "/evil" ? WebServer.Reply.file(evil, to: request) : WebServer.Reply("no archive")
        }
        let (batch, answers) = try await answers(
            to: ["t", "e", "other"].map { .context(name: $0) },
            contexts: [
                "t": .archive(ArchiveSource(url: server.url("/text"))),
                "e": .archive(ArchiveSource(url: server.url("/evil"))),
            ])
        let failures = try answers[0].map(failure)
        #expect(failures[0].message == "\(server.url("/text")): it is no tar archive")
        #expect(failures[1].message.contains(".."))
        #expect(failures[2].message == "\"other\" is no context of \"i0\"")
        #expect(failures.map(\.class) == [.context, .context, .internal])
        #expect(server.requests.count == 2)
        #expect(Shell("ls -A \(batch.folder)/tmp").output == "")
    }

    @Test(.enabled(if: Privilege.isRoot)) func `an archive with a device of this machine is refused`() async throws {
        let folder = try TestFolder()
        Shell("cd \(folder.path); mkdir -p in/d; mknod in/d/null c 1 3; tar cf a -C in .")
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder.path("a"))))
        let server = WebServer { request, _ in WebServer.Reply.file(bytes, to: request) }
        let url = "http://user:s3cret@127.0.0.1:\(server.port)/a?token=s3cret"
        let (batch, answers) = try await answers(
            to: [.context(name: "a")], contexts: ["a": .archive(ArchiveSource(url: url))])
        let message = try failure(answers[0][0]).message
        #expect(message == "\(server.url("/a")): entry \"./d/null\" is refused: it is a device")
        #expect(Shell("ls -A \(batch.folder)/tmp \(batch.folder)/contexts/archives | grep -v :").output == "\n")
    }

    /// It is this process that unpacks, for all images.
    @Test func `an archive of folders in folders is a folder however deep they are`() async throws {
        let folder = try TestFolder()
        Shell("cd \(folder.path); touch f; tar cf a --transform \"s|^|$(printf 'd/%.0s' $(seq 12000))|\" f")
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder.path("a"))))
        let server = WebServer { request, _ in WebServer.Reply.file(bytes, to: request) }
        let (batch, answers) = try await answers(
            to: [.context(name: "a")],
            contexts: ["a": .archive(ArchiveSource(url: server.url("/a")))])
        guard case .folder = answers[0][0] else {
            Issue.record("\(String(describing: answers[0][0]))")
            return
        }
        Shell("rm -rf \(batch.folder)/contexts")
    }

    // MARK: Repositories

    @Test func `a repository of this machine is for an image whose context it is`() async throws {
        let folder = try TestFolder()
        Shell(
            """
            cd \(folder.path); git init -q -b main r; cd r; echo x > f; git add f
            git -c user.name=a -c user.email=a@x commit -q -m one
            """)
        let checkout = GitCheckout(remote: "file://\(folder.path)/r", reference: "main")
        let (batch, allowed) = try await answers(
            to: [.context(name: "r")], contexts: ["r": .git(checkout)], images: 3)
        let found = Set(allowed.map(\.first))
        guard found.count == 1, case .folder(let fetched)?? = found.first else {
            Issue.record("\(allowed)")
            return
        }
        #expect(Shell("cat \(fetched.path)/f").output == "x\n")
        #expect(fetched.path.hasPrefix("\(batch.folder)/contexts/git/"))
        #expect(fetched.revision == Shell("git -C \(folder.path)/r -c safe.directory='*' rev-parse HEAD").lines.first)
        let (_, refused) = try await answers(to: [.checkout(checkout)])
        #expect(try failure(refused[0][0]).message.contains("is for the manifest's contexts only"))
    }

    // MARK: Layouts

    /// A layout of images, by tag; each has a layer that names it.
    private func layout(_ tags: [String?], platforms: [Platform] = []) throws -> TestFolder {
        let folder = try TestFolder()
        Shell(
            "mkdir -p \(folder.path("blobs/sha256")); echo '{\"imageLayoutVersion\":\"1.0.0\"}' > \(folder.path("oci-layout"))"
        )
        func write(_ bytes: [UInt8], _ type: MediaType) throws -> Descriptor {
            let descriptor = Descriptor(mediaType: type, digest: Digest(of: bytes), size: Int64(bytes.count))
            try Data(bytes).write(to: URL(fileURLWithPath: folder.path("blobs/sha256/\(descriptor.digest.hex)")))
            return descriptor
        }
        func image(_ name: String, _ platform: Platform) throws -> Descriptor {
            var config = ImageConfig(platform: platform)
            let layer = try write(Array(name.utf8), .layer)
            config.rootfs = .init(diffIDs: [layer.digest])
            let manifest = ImageManifest(config: try write(OCIDocument.encode(config), .imageConfig), layers: [layer])
            var descriptor = try write(OCIDocument.encode(manifest), .imageManifest)
            descriptor.platform = platforms.isEmpty ? nil : platform
            return descriptor
        }
        var manifests: [Descriptor] = []
        for tag in tags {
            var descriptor =
                platforms.isEmpty
                ? try image(tag ?? "none", .host)
                : try write(
                    OCIDocument.encode(
                        ImageIndex(manifests: platforms.map { try image("\(tag ?? "none") \($0)", $0) })), .imageIndex)
            descriptor.annotations = tag.map { ["org.opencontainers.image.ref.name": $0] }
            manifests.append(descriptor)
        }
        try Data(OCIDocument.encode(ImageIndex(manifests: manifests)))
            .write(to: URL(fileURLWithPath: folder.path("index.json")))
        return folder
    }

    /// What the layer of the resolved image holds.
    private func resolve(_ folder: TestFolder, _ reference: String?, _ platform: Platform = .host) async throws
        -> (layer: String?, failure: String?)
    {
        let (batch, answers) = try await answers(
            to: [.resolveLayout(folder: folder.path, reference: reference, platform)],
            contexts: ["l": .layout(folder: folder.path, reference: reference)])
        switch answers[0][0] {
        case .resolved(let image):
            #expect(image.source == nil)
            for blob in [image.manifest, image.config] + image.layers {
                #expect(try batch.blobs.size(of: blob.digest) == blob.size)
            }
            return (String(decoding: try batch.blobs.read(image.layers[0].digest), as: UTF8.self), nil)
        case .failed(let failure): return (nil, failure.message)
        case let other: return (nil, "\(String(describing: other))")
        }
    }

    @Test func `an image of a layout is chosen by tag, digest, or because it is the only one`() async throws {
        let one = try layout([nil])
        #expect(try await resolve(one, nil).layer == "none")
        let several = try layout(["a", "docker.io/library/x:b", "latest"])
        for (reference, layer) in [("a", "a"), ("b", "docker.io/library/x:b"), (nil, "latest")] as [(String?, String)] {
            #expect(try await resolve(several, reference).layer == layer)
        }
        let index = try OCIDocument.decode(
            ImageIndex.self, from: [UInt8](Data(contentsOf: URL(fileURLWithPath: several.path("index.json")))))
        #expect(try await resolve(several, "@\(index.manifests[0].digest)").layer == "a")
        #expect(try await resolve(several, "a@\(index.manifests[0].digest)").layer == "a")
        #expect(
            try await resolve(several, "none").failure?.hasSuffix(
                "there is no none; it has a, docker.io/library/x:b, latest") == true)
        let unclear = try layout(["a", "b"])
        #expect(try await resolve(unclear, nil).failure?.contains("there are several images: say which") == true)
    }

    @Test func `an index in a layout gives the image of the platform`() async throws {
        let other = Platform(os: "linux", architecture: "riscv64")
        let folder = try layout(["a"], platforms: [.host, other])
        #expect(try await resolve(folder, "a").layer == "a \(Platform.host)")
        #expect(try await resolve(folder, "a", other).layer == "a linux/riscv64")
        let missing = Platform(os: "plan9", architecture: "amd64")
        #expect(try await resolve(folder, "a", missing).failure?.contains("has no image for plan9/amd64") == true)
    }

    @Test func `a layout that is damaged, or none, is a failure that says what is wrong`() async throws {
        let empty = try TestFolder()
        #expect(
            try await resolve(empty, nil).failure
                == "oci-layout://\(empty.path): it has no index.json: it is no OCI image layout")
        let broken = try layout(["a"])
        Shell("cd \(broken.path("blobs/sha256")); for f in *; do printf x >> $f; done")
        #expect(try await resolve(broken, "a").failure?.hasSuffix("is damaged") == true)
        let layer = try layout(["abc"])
        Shell("cd \(layer.path("blobs/sha256")); printf abd > $(grep -lx abc *)")
        #expect(try await resolve(layer, "abc").failure?.hasSuffix("is damaged") == true)
        let missing = try layout(["abc"])
        Shell("cd \(missing.path("blobs/sha256")); rm $(grep -lx abc *)")
        #expect(try await resolve(missing, "abc").failure?.hasSuffix("is missing") == true)
        let (_, other) = try await answers(to: [.resolveLayout(folder: broken.path, reference: nil, .host)])
        #expect(try failure(other[0][0]).message.hasSuffix("is no context of \"i0\""))
    }
}
