import Export
import FileSystem
import Glibc
import OCI
import Storage
import SystemPackage
import TestSupport
import Testing

@Suite struct OCIArchiveTests {
    let images: TestImages

    init() throws { images = try TestImages() }

    @Test func `skopeo reads each tag, and tar lists the layout`() throws {
        let image = try images.make(["one", "two"], repeating: true)
        let file = images.path("out/app.tar")
        try images.export(image, ["v1", "latest"]).writeOCIArchive(to: file)
        #expect(Shell.digest("oci-archive:\(file):v1") == image.digest.description)
        #expect(Shell.digest("oci-archive:\(file):latest") == image.digest.description)
        let listing = Shell("tar -tf '\(file)'").lines
        #expect(listing.prefix(4) == ["oci-layout", "index.json", "blobs/", "blobs/sha256/"])
        #expect(listing.count == 4 + 4)
        #expect(Shell("ls -A '\(images.path("out"))'").lines == ["app.tar"])
    }

    @Test func `the same image gives the same bytes, over what was there`() throws {
        let image = try images.make(["one"])
        let (first, second) = (images.path("a.tar"), images.path("b.tar"))
        Shell("echo old > '\(second)'")
        for file in [first, second] {
            try images.export(image, ["v1"]).writeOCIArchive(to: file)
        }
        #expect(Shell("cmp '\(first)' '\(second)'").status == 0)
    }

    @Test func `nothing is left of an archive that fails, and what was there stays`() throws {
        let image = try images.make(["one"])
        let layer = try #require(try images.manifest(image).layers.first)
        let file = images.path("out/app.tar")
        try images.export(images.make(["other"]), ["v1"]).writeOCIArchive(to: file)
        let before = Shell("sha256sum '\(file)'").output
        try images.blobs.remove(layer.digest)
        #expect(throws: StorageError.blobMissing(layer.digest)) {
            try images.export(image, ["v1"]).writeOCIArchive(to: file)
        }
        #expect(Shell("ls -A '\(images.path("out"))'").lines == ["app.tar"])
        #expect(Shell("sha256sum '\(file)'").output == before)
    }

    @Test(.enabled(if: Privilege.isRoot)) func `a full disk is said, and leaves nothing`() throws {
        let disk = try TestFolder()
        try #require(Shell("mount -t tmpfs -o size=1m none '\(disk.path)'").status == 0)
        defer { Shell("umount -l '\(disk.path)'") }
        var random = SystemRandomNumberGenerator()
        let noise = (0..<400_000).map { _ in String(random.next(), radix: 36) }.joined()
        let image = try images.make([noise])
        let writers: [(String) throws -> Void] = [
            { try images.export(image, ["v1"]).writeOCIArchive(to: $0) },
            { try images.export(image, ["v1"]).writeDockerArchive(to: $0) },
            { try images.export(image, ["v1"]).writeOCILayout(to: $0) },
        ]
        for write in writers {
            let error = #expect(throws: ExportError.self) { try write(disk.path("out")) }
            #expect(error?.description.hasSuffix("write: No space left on device") == true)
            #expect(Shell("find '\(disk.path)' -type f ! -name oci-layout ! -path '*/blobs/*'").output.isEmpty)
            Shell("rm -rf '\(disk.path)'/*")
        }
    }
}

@Suite struct DockerArchiveTests {
    let images: TestImages

    init() throws { images = try TestImages() }

    private func write(_ image: Descriptor, _ tags: [String]) throws -> String {
        let file = images.path("app.tar")
        try images.export(image, tags).writeDockerArchive(to: file)
        return file
    }

    @Test func `skopeo reads it, and finds the same layers`() throws {
        let image = try images.make(["one", "two"])
        let file = try write(image, ["app:v1", "registry.example.com/team/app:latest"])
        let config = Shell("skopeo inspect --config --raw 'docker-archive:\(file):app:v1'").output
        #expect(try Digest(of: config.utf8) == images.manifest(image).config.digest)
        #expect(Shell("skopeo inspect 'docker-archive:\(file):registry.example.com/team/app:latest'").status == 0)
        let copied = images.path("copied")
        #expect(Shell("skopeo copy 'docker-archive:\(file):app:v1' 'oci:\(copied):x'").status == 0)
        #expect(Shell("umoci unpack --rootless --image '\(copied):x' '\(images.path("files"))'").status == 0)
        #expect(Shell("cat '\(images.path("files"))'/rootfs/d/*").output == "onetwo")
    }

    @Test func `layers are plain tar, each once`() throws {
        let image = try images.make(["one", "two"], repeating: true)
        let file = try write(image, ["app:v1"])
        let listing = Shell("tar -tf '\(file)'").lines
        #expect(listing.count == 4)
        #expect(Shell("tar -xOf '\(file)' \(listing[2]) | tar -tf -").lines == ["d/", "d/0"])
        #expect(Shell("tar -xOf '\(file)' \(listing[2]) | sha256sum").output.hasPrefix(listing[2].prefix(64)))
        let copied = images.path("copied")
        #expect(Shell("skopeo copy 'docker-archive:\(file)' 'oci:\(copied):x'").output.contains("Writing manifest"))
    }

    @Test(.enabled(if: Privilege.isRoot && Shell("command -v podman").status == 0))
    func `podman loads it`() throws {
        let file = try write(images.make(["one"]), ["localhost/app:v1"])
        let podman = "podman --root '\(images.path("podman"))' --runroot '\(images.path("run"))' --storage-driver vfs"
        let load = Shell("\(podman) load -i '\(file)'")
        #expect(load.output.contains("localhost/app:v1"), "\(load.output)")
        let inspected = Shell("\(podman) image inspect --format '{{.Config.Labels.who}}' localhost/app:v1").output
        #expect(inspected == "me\n")
    }

    @Test func `an image without names is still one`() throws {
        let file = try write(images.make(["one"]), [])
        #expect(Shell("skopeo inspect 'docker-archive:\(file)'").status == 0)
    }

    @Test func `a layer larger than a block is written whole`() throws {
        let text = String(repeating: "0123456789", count: 700_000)
        let file = try write(images.make([text]), ["app:v1"])
        let layer = try #require(Shell("tar -tf '\(file)'").lines.last)
        #expect(Shell("tar -xOf '\(file)' \(layer) | tar -xOf - d/0 | wc -c").output == "7000000\n")
    }

    @Test func `a damaged layer is not written`() throws {
        let image = try images.make(["one"])
        let layer = try #require(try images.manifest(image).layers.first)
        let path = images.blobs.path(of: layer.digest)
        Shell("chmod u+w '\(path)'; printf x | dd of='\(path)' bs=1 seek=40 conv=notrunc")
        #expect(throws: (any Error).self) { try write(image, ["app:v1"]) }
        #expect(Shell("ls -A '\(images.scratch.path)'").lines == ["state"])
    }
}
