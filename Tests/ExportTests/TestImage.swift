import Export
import FileSystem
import Layers
import OCI
import Storage
import SystemPackage
import TestSupport
import Testing

/// A store with images in it, and a folder for what is written.
struct TestImages {
    let scratch: TestFolder
    let state: StateFolder
    let blobs: BlobStore

    init() throws {
        scratch = try TestFolder()
        state = StateFolder(FilePath(scratch.path).appending("state"))
        try state.prepare()
        blobs = try BlobStore(state)
    }

    func path(_ name: String) -> String { scratch.path(name) }

    /// The image under `app` with these tags, or with whole references.
    func export(_ image: Descriptor, _ tags: [String]) throws -> ImageExport {
        let references = try tags.map { try ImageReference($0.contains(":") ? $0 : "app:\($0)") }
        return ImageExport(manifest: image, references: references, blobs: blobs)
    }

    /// An image with a layer for each text: the file `d/NUMBER` with it. Equal texts at one place give equal layers.
    func make(_ texts: [String], repeating: Bool = false) throws -> Descriptor {
        var layers: [CommittedLayer] = []
        for (number, text) in texts.enumerated() {
            layers.append(
                try commitLayer(into: blobs) { writer in
                    try writer.add(TarEntry(path: "d", kind: .directory, permissions: 0o755))
                    let size = Int64(text.utf8.count)
                    try writer.add(
                        TarEntry(path: FileName("d/\(number)"), kind: .regular, permissions: 0o4751, size: size))
                    try Array(text.utf8).withUnsafeBytes { try writer.addContent($0) }
                })
        }
        if repeating { layers += layers }
        var config = ImageConfig(platform: Platform.host)
        config.created = "2026-01-02T03:04:05Z"
        config.config = ImageConfig.RunConfig()
        config.config?.labels = ["who": "me"]
        config.rootfs = ImageConfig.RootFS(diffIDs: layers.map(\.diffID))
        config.history = layers.map { _ in ImageConfig.History(createdBy: "COPY") }
        let configDescriptor = try store(OCIDocument.encode(config), .imageConfig)
        let manifest = ImageManifest(config: configDescriptor, layers: layers.map(\.descriptor))
        return try store(OCIDocument.encode(manifest), .imageManifest)
    }

    private func store(_ bytes: [UInt8], _ type: MediaType) throws -> Descriptor {
        Descriptor(mediaType: type, digest: try blobs.write(bytes), size: Int64(bytes.count))
    }

    func manifest(_ image: Descriptor) throws -> ImageManifest {
        try OCIDocument.decode(ImageManifest.self, from: blobs.read(image.digest))
    }
}

extension Shell {
    /// The digest of an image, as skopeo reads it; an image that it cannot read is an issue of the test.
    static func digest(_ name: String) -> String {
        let answer = Shell("skopeo inspect --format '{{.Digest}}' '\(name)'")
        #expect(answer.status == 0, "\(name): \(answer.output)")
        return answer.output.trimmed
    }
}

extension String {
    var trimmed: String { String(drop { $0 == "\n" }.reversed().drop { $0 == "\n" }.reversed()) }
}
