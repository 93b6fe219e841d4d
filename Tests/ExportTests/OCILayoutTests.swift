import Export
import FileSystem
import Glibc
import OCI
import Storage
import SystemPackage
import TestSupport
import Testing

@Suite struct OCILayoutTests {
    let images: TestImages
    let layout: String

    init() throws {
        images = try TestImages()
        layout = images.path("out/layout")
    }

    private func write(_ image: Descriptor, _ tags: [String]) throws {
        try images.export(image, tags).writeOCILayout(to: layout)
    }

    private func names(_ path: String) -> [String] { Shell("ls -A '\(layout)/\(path)'").lines }

    private func blobPath(_ digest: Digest) -> String { "\(layout)/blobs/sha256/\(digest.hex)" }

    @Test func `skopeo and umoci read each tag`() throws {
        let image = try images.make(["one", "two"])
        try write(image, ["v1", "latest"])
        #expect(Shell.digest("oci:\(layout):v1") == image.digest.description)
        #expect(Shell.digest("oci:\(layout):latest") == image.digest.description)
        #expect(Shell("umoci ls --layout '\(layout)'").lines.sorted() == ["latest", "v1"])
        let unpacked = images.path("unpacked")
        #expect(Shell("umoci unpack --rootless --image '\(layout):v1' '\(unpacked)'").status == 0)
        #expect(Shell("cat '\(unpacked)'/rootfs/d/0 '\(unpacked)'/rootfs/d/1").output == "onetwo")
        #expect(names("") == ["blobs", "index.json", "oci-layout"])
    }

    @Test func `the index has a descriptor a tag, sorted, and no more`() throws {
        let image = try images.make(["one"])
        try write(image, ["b", "a"])
        let descriptor = { (tag: String) in
            #"{"annotations":{"org.opencontainers.image.ref.name":"\#(tag)"},"digest":"\#(image.digest)","#
                + #""mediaType":"application/vnd.oci.image.manifest.v1+json","size":\#(image.size)}"#
        }
        #expect(
            Shell("cat '\(layout)/index.json'").output
                == #"{"manifests":[\#(descriptor("a")),\#(descriptor("b"))],"#
                + #""mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}"#)
        #expect(Shell("cat '\(layout)/oci-layout'").output == #"{"imageLayoutVersion":"1.0.0"}"#)
    }

    @Test func `a second image joins the first, and takes over its tags`() throws {
        let first = try images.make(["one"])
        let second = try images.make(["one", "two"])
        try write(first, ["kept", "moved"])
        try write(second, ["moved", "new"])
        #expect(Shell.digest("oci:\(layout):kept") == first.digest.description)
        #expect(Shell.digest("oci:\(layout):moved") == second.digest.description)
        #expect(Shell.digest("oci:\(layout):new") == second.digest.description)
        #expect(Shell("umoci ls --layout '\(layout)'").lines.sorted() == ["kept", "moved", "new"])
        let shared = Set(try images.manifest(first).layers + images.manifest(second).layers)
        #expect(names("blobs/sha256").count == shared.count + 4)
    }

    @Test func `what others wrote into the layout stays`() throws {
        let other = images.path("other")
        try write(images.make(["one"]), ["mine"])
        #expect(
            Shell(
                "skopeo copy 'oci:\(layout):mine' 'oci:\(other):x' && umoci config --image '\(other):x' "
                    + "--config.label a=b && skopeo copy 'oci:\(other):x' 'oci:\(layout):theirs'"
            ).status == 0)
        Shell(#"sed -i 's/{"schemaVersion":2,/{"schemaVersion":2,"extra":[1,2.5,null,true],/' '\#(layout)/index.json'"#)
        let digest = Shell.digest("oci:\(layout):theirs")
        try write(images.make(["two"]), ["mine"])
        #expect(Shell.digest("oci:\(layout):theirs") == digest)
        #expect(Shell("cat '\(layout)/index.json'").output.hasPrefix(#"{"extra":[1,2.5,null,true],"#))
    }

    @Test func `writing the same again changes nothing`() throws {
        let image = try images.make(["one", "two"])
        try write(image, ["v1"])
        let before = Shell(
            "cd '\(layout)'; find . -type f | sort | xargs stat -c '%n %i' | grep -v index; cat index.json")
        try write(image, ["v1"])
        let after = Shell(
            "cd '\(layout)'; find . -type f | sort | xargs stat -c '%n %i' | grep -v index; cat index.json")
        #expect(after.output == before.output)
    }

    @Test func `an image without tags is in the index once`() throws {
        let image = try images.make(["one"])
        try write(image, [])
        try write(image, [])
        #expect(Shell("grep -o '\(image.digest)' '\(layout)/index.json'").lines.count == 1)
    }

    @Test func `blobs are the store's files, never links to a path`() throws {
        let image = try images.make(["one"])
        try write(image, ["v1"])
        let status = try OpenFile.open(blobPath(image.digest), .pathOnly).status()
        #expect(try status.inode == images.blobs.open(image.digest).status().inode)
        #expect(Shell("find '\(layout)' -type l").output.isEmpty)
    }

    @Test func `on another file system blobs are verified copies`() throws {
        let memory = try TestFolder(in: "/dev/shm")
        let image = try images.make(["one", String(repeating: "x", count: 3 << 20)])
        let layout = memory.path("layout")
        try images.export(image, ["v1"]).writeOCILayout(to: layout)
        #expect(Shell.digest("oci:\(layout):v1") == image.digest.description)
        #expect(Shell("cd '\(layout)/blobs/sha256' && for f in *; do echo \"$f  $f\"; done | sha256sum -c").status == 0)
        #expect(Shell("ls -A '\(layout)'").lines == ["blobs", "index.json", "oci-layout"])
    }

    @Test func `a damaged blob is not copied, and leaves the store`() throws {
        let memory = try TestFolder(in: "/dev/shm")
        let image = try images.make(["one"])
        let layer = try #require(try images.manifest(image).layers.first)
        let path = images.blobs.path(of: layer.digest)
        Shell("chmod u+w '\(path)'; printf x | dd of='\(path)' bs=1 conv=notrunc")
        #expect(throws: StorageError.self) {
            try images.export(image, ["v1"]).writeOCILayout(to: memory.path("layout"))
        }
        #expect(try !images.blobs.contains(layer.digest))
        #expect(Shell("ls -A '\(memory.path)/layout'").lines == ["blobs", "oci-layout"])
        #expect(Shell("ls -A '\(memory.path)/layout/blobs/sha256'").lines.allSatisfy { !$0.hasPrefix(".") })
    }

    @Test func `damaged blobs of the layout are replaced`() throws {
        let image = try images.make(["one"])
        try write(image, ["v1"])
        let layer = try #require(try images.manifest(image).layers.first)
        let path = blobPath(layer.digest)
        Shell("rm -f '\(path)'; printf damaged > '\(path)'; touch '\(layout)/blobs/sha256/.build-all-left'")
        try write(image, ["v1"])
        #expect(Shell("sha256sum < '\(path)'").output.hasPrefix(layer.digest.hex))
        #expect(names("blobs/sha256").allSatisfy { !$0.hasPrefix(".") })
    }

    @Test func `many images go into one layout at once`() async throws {
        let all = try (0..<8).map { try images.make(["base", "image \($0)"]) }
        let exports = try all.enumerated().map { try images.export($1, ["v\($0)"]) }
        let layout = layout
        try await withThrowingTaskGroup(of: Void.self) { group in
            for export in exports { group.addTask { try export.writeOCILayout(to: layout) } }
            try await group.waitForAll()
        }
        for (number, image) in all.enumerated() {
            #expect(Shell.digest("oci:\(layout):v\(number)") == image.digest.description)
        }
    }

    @Test func `a blob that is stored again meanwhile is written all the same`() async throws {
        let image = try images.make(["one"])
        let layer = try #require(try images.manifest(image).layers.first)
        let (export, folder, blobs) = (try images.export(image, ["v1"]), images.scratch, images.blobs)
        let bytes = try blobs.read(layer.digest)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    let writer = try blobs.makeWriter()
                    try bytes.withUnsafeBytes { try writer.write($0) }
                    try writer.commit(expecting: layer.digest)
                }
            }
            for number in 0..<400 { try export.writeOCILayout(to: folder.path("again/\(number % 20)")) }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(Shell.digest("oci:\(folder.path)/again/0:v1") == image.digest.description)
    }

    @Test(arguments: [
        ("mkdir -p L; touch L/precious", "it has no oci-layout but precious"),
        (
            "mkdir -p L; echo '{\"imageLayoutVersion\":\"2.0.0\"}' > L/oci-layout",
            "its version is 2.0.0, 1.0.0 is supported"
        ),
        ("mkdir -p L; echo '{}' > L/oci-layout", "its version is missing, 1.0.0 is supported"),
        ("mkdir -p L; echo '{' > L/oci-layout", "its oci-layout is no JSON"),
        ("mkdir -p L; echo '{' > L/index.json", "its index.json is no JSON"),
        ("mkdir -p L; echo '{\"manifests\":{}}' > L/index.json", "its index.json is no image index"),
        ("mkdir -p L; echo '{\"manifests\":[1]}' > L/index.json", "its index.json is no image index"),
    ])
    func `a folder that is something else is left alone`(setup: String, reason: String) throws {
        Shell(
            "mkdir -p '\(images.path("out"))'; cd '\(images.path("out"))'; "
                + setup.replacing("L/", with: "layout/").replacing(" L;", with: " layout;"))
        #expect(throws: ExportError.notALayout(path: layout, reason: reason)) {
            try write(images.make(["one"]), ["v1"])
        }
        #expect(names("").contains("blobs") == (reason.hasPrefix("its index")))
    }

    @Test func `an index of images is refused`() throws {
        var image = try images.make(["one"])
        image.mediaType = .imageIndex
        #expect(throws: ExportError.notAManifest(image.digest, .imageIndex)) { try write(image, ["v1"]) }
    }

    @Test func `a blob that is not in the store is named`() throws {
        let image = try images.make(["one"])
        let layer = try #require(try images.manifest(image).layers.first)
        try images.blobs.remove(layer.digest)
        #expect(throws: StorageError.blobMissing(layer.digest)) { try write(image, ["v1"]) }
        #expect(!names("").contains("index.json"))
    }
}
