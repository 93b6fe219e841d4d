import Testing

@testable import OCI

@Suite struct ImageReferenceTests {
    @Test(arguments: [
        ("busybox", "docker.io/library/busybox:latest", "busybox:latest"),
        ("busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36"),
        ("user/app", "docker.io/user/app:latest", "user/app:latest"),
        ("docker.io/app", "docker.io/library/app:latest", "app:latest"),
        ("index.docker.io/user/app:x", "docker.io/user/app:x", "user/app:x"),
        ("localhost/app", "localhost/app:latest", "localhost/app:latest"),
        ("127.0.0.1:5000/a/b:v1", "127.0.0.1:5000/a/b:v1", "127.0.0.1:5000/a/b:v1"),
        ("[::1]:5000/a:v", "[::1]:5000/a:v", "[::1]:5000/a:v"),
        ("r.example.com/a__b/c-d.e:1_2.3-4", "r.example.com/a__b/c-d.e:1_2.3-4", "r.example.com/a__b/c-d.e:1_2.3-4"),
    ])
    func `a reference is completed as Docker completes it`(text: String, whole: String, familiar: String) throws {
        let reference = try ImageReference(text)
        #expect(reference.description == whole)
        #expect(reference.familiar == familiar)
        #expect(try ImageReference(whole) == reference)
    }

    @Test func `a digest pins a reference, with or without a tag`() throws {
        let digest = Digest(of: [])
        let reference = try ImageReference("r.example.com/a:v@\(digest)")
        #expect(reference.tag == "v")
        #expect(reference.digest == digest)
        #expect(try ImageReference("a@\(digest)").tag == nil)
    }

    @Test(arguments: [
        "", ":tag", "UPPER", "a//b", "a/", "/a", "a:b:c", "a:-x", "a b", "-a", "a-", "a..b", "a@sha256:12",
        "a@md5:00", "r.example.com:99999/a", "r_x.example:80/a", "r.example.com/",
    ])
    func `what is no reference is refused`(text: String) {
        #expect(throws: OCIError.self) { try ImageReference(text) }
    }

    @Test(arguments: [
        ("localhost/a", true), ("localhost:5000/a", true), ("127.0.0.1:1/a", true), ("[::1]:5000/a", true),
        ("a.localhost/a", true), ("127.example.com/a", false), ("127.0.0.1.example.com/a", false),
        ("r.example.com/a", false), ("a", false),
    ])
    func `loopback registries are recognised`(text: String, isOnLoopback: Bool) throws {
        #expect(try ImageReference(text).isOnLoopback == isOnLoopback)
    }
}

@Suite struct DigestTests {
    @Test func `the digest of no bytes is the known one`() {
        let known = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(Digest(of: []).description == known)
    }

    @Test func `bytes in parts give the digest of the whole`() {
        var hasher = SHA256()
        hasher.update(Array("ab".utf8))
        hasher.update(Array("c".utf8))
        let digest = hasher.finalize()
        #expect(digest == Digest(of: "abc".utf8))
        #expect(digest.short == "ba7816bf8f01")
    }

    @Test(arguments: ["", "sha256", "sha256:", "sha256:AB", "sha512:00", "sha256:" + String(repeating: "G", count: 64)])
    func `what is no digest is refused`(text: String) {
        #expect(throws: OCIError.self) { try Digest(text) }
    }
}

@Suite struct PlatformTests {
    @Test(arguments: [
        ("linux/amd64", "linux/amd64"), ("amd64", "linux/amd64"), ("x86_64", "linux/amd64"),
        ("linux/arm64/v8", "linux/arm64"), ("aarch64", "linux/arm64"), ("arm", "linux/arm/v7"),
        ("linux/arm/v6", "linux/arm/v6"), ("armhf", "linux/arm/v7"), ("windows/amd64", "windows/amd64"),
    ])
    func `aliases become one name`(text: String, name: String) throws {
        #expect(try Platform(text).description == name)
    }

    @Test func `an index gives the manifest of the platform and never an attestation`() throws {
        func descriptor(_ byte: UInt8, _ platform: String) throws -> Descriptor {
            Descriptor(
                mediaType: .imageManifest, digest: Digest(of: [byte]), size: 1, platform: try Platform(platform))
        }
        let index = ImageIndex(manifests: [
            try descriptor(1, "unknown/unknown"), try descriptor(2, "linux/arm/v6"), try descriptor(3, "linux/arm/v7"),
            try descriptor(4, "linux/amd64"),
        ])
        #expect(index.manifest(for: try Platform("linux/arm/v7"))?.digest == Digest(of: [3]))
        #expect(index.manifest(for: try Platform("amd64"))?.digest == Digest(of: [4]))
        #expect(index.manifest(for: try Platform("linux/s390x")) == nil)
    }
}

@Suite struct OCIDocumentTests {
    @Test(arguments: [("0", true), ("17592186044416", true), ("17592186044417", false), ("-1", false), ("1e30", false)])
    func `a descriptor has a size that a blob can have`(size: String, isGood: Bool) throws {
        let digest = Digest(of: [])
        let bytes = Array(#"{"mediaType":"a","digest":"\#(digest)","size":\#(size)}"#.utf8)
        let descriptor = try? OCIDocument.decode(Descriptor.self, from: bytes)
        #expect((descriptor != nil) == isGood)
        if let descriptor { #expect(try OCIDocument.encode(descriptor).count == bytes.count) }
    }

    @Test func `a config survives the way to bytes and back, and equal values give equal bytes`() throws {
        var config = ImageConfig(platform: Platform(os: "linux", architecture: "amd64"))
        config.config = ImageConfig.RunConfig()
        config.config?.env = ["PATH=/bin"]
        config.config?.exposedPorts = ["80/tcp": ImageConfig.Empty()]
        config.history = [ImageConfig.History(createdBy: "ENV a=b/c", emptyLayer: true)]
        let bytes = try OCIDocument.encode(config)
        #expect(try OCIDocument.decode(ImageConfig.self, from: bytes) == config)
        #expect(try OCIDocument.encode(config) == bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains(#""ExposedPorts":{"80/tcp":{}}"#))
        #expect(text.contains(#""empty_layer":true"#))
    }
}
