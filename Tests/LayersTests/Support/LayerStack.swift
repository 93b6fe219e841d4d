import FileSystem
import Glibc
import Layers
import OCI
import Storage
import SystemPackage
import Testing

/// Layers as a build makes them: each is a script that ran on those below it, committed and unpacked again.
///
/// After each step it is checked that the unpacked layer has what the step's upper directory had, that it gives the very
/// same layer when it is read, and that mounted again it shows what the step saw last.
final class LayerStack {
    let scratch: Scratch
    let blobs: BlobStore
    private(set) var layers: [CommittedLayer] = []
    /// The unpacked layers, nearest first.
    private(set) var folders: [FilePath] = []

    init() throws {
        scratch = try Scratch()
        let state = StateFolder(FilePath("\(scratch.path)/state"))
        try state.prepare()
        blobs = try BlobStore(state)
        _ = try scratch.makeFolder("empty")
    }

    /// The unpacked layer that was made last.
    var top: String { folders.first?.string ?? "" }

    func run(_ step: String, location: SourceLocation = #_sourceLocation) throws {
        let number = layers.count
        let upper = try scratch.makeFolder("upper\(number)")
        _ = try scratch.makeFolder("work\(number)")
        let script = try scratch.write("step\(number).sh", Array(step.utf8))
        try inMount(
            "upperdir=\(upper),workdir=\(scratch.path)/work\(number)",
            "(cd merged; umask 022; . \(script)); cp -a merged seen\(number)")
        let layer = try commitLayer(of: FilePath(upper), lowers: folders, into: blobs)
        let folder = try unpack(layer, number)
        layers.append(layer)
        #expect(try Listing.difference(Listing.of(upper), Listing.of(folder.string)) == [], sourceLocation: location)
        #expect(try commitLayer(of: folder, lowers: folders, into: blobs) == layer, sourceLocation: location)
        folders.insert(folder, at: 0)
        try inMount("", "cp -a merged again\(number)")
        let again = try Listing.of("\(scratch.path)/again\(number)")
        #expect(try Listing.difference(seen(), again) == [], sourceLocation: location)
    }

    private func unpack(_ layer: CommittedLayer, _ number: Int) throws -> FilePath {
        let folder = FilePath(try scratch.makeFolder("layer\(number)"))
        try unpackLayer(layer.descriptor, diffID: layer.diffID, from: blobs, into: folder, lowers: folders)
        return folder
    }

    private func inMount(_ options: String, _ script: String) throws {
        let lowers = (folders.map(\.string) + ["\(scratch.path)/empty"]).joined(separator: ":")
        let run = Shell(
            """
            cd \(scratch.path) && mkdir -p merged && unshare -m sh -ec '
            mount -t overlay -o userxattr,lowerdir=\(lowers)\(options.isEmpty ? "" : ",\(options)") overlay merged
            \(script)'
            """)
        try #require(run.status == 0, "\(run.output)")
    }

    /// What the last step saw at its end.
    func seen(times: Bool = true) throws -> [String] {
        try Listing.of("\(scratch.path)/seen\(layers.count - 1)", times: times)
    }

    /// The tar stream of the layer that was made last, in a file.
    func tarFile() throws -> String {
        let layer = try #require(layers.last)
        let run = Shell("gunzip -c <\(blobs.path(of: layer.descriptor.digest)) >\(scratch.path)/layer.tar")
        try #require(run.status == 0, "\(run.output)")
        return "\(scratch.path)/layer.tar"
    }

    /// Expects of others that they make what the last step saw of its layer, which must be the only one, and of all layers.
    func expectSameFromOthers(
        extractors: [String] = LayerStack.extractors, comparing: (String) -> String? = { $0 },
        location: SourceLocation = #_sourceLocation
    ) throws {
        let seen = try seen().compactMap(comparing)
        let umoci = try unpackedByUmoci().compactMap(comparing)
        #expect(Listing.difference(seen, umoci) == [], "umoci", sourceLocation: location)
        guard layers.count == 1 else { return }
        for extractor in extractors {
            let listing = try extracted(by: extractor).compactMap(comparing)
            #expect(Listing.difference(seen, listing) == [], "\(extractor)", sourceLocation: location)
        }
    }

    /// What a program makes of the last layer: it is run in a new folder with the tar stream as `$tar`.
    private func extracted(by command: String) throws -> [String] {
        let folder = try scratch.makeFolder("by\(command.count)")
        let run = Shell("tar=\(try tarFile()); cd \(folder) && \(command)")
        try #require(run.status == 0, "\(command): \(run.output)")
        return try Listing.of(folder)
    }

    /// What umoci makes of all layers.
    func unpackedByUmoci() throws -> [String] {
        let number = layers.count
        var script = "cd \(scratch.path) && umoci init --layout img\(number) && umoci new --image img\(number):t"
        for layer in layers {
            script += " && gunzip -c <\(blobs.path(of: layer.descriptor.digest)) >one.tar"
            script += " && umoci raw add-layer --image img\(number):t one.tar"
        }
        let run = Shell("\(script) && umoci unpack --image img\(number):t bundle\(number)")
        try #require(run.status == 0, "\(run.output)")
        return try Listing.of("\(scratch.path)/bundle\(number)/rootfs")
    }

    /// Readers of others that know extended attributes, and how to call them.
    static let extractors = [
        "tar -xpf $tar --xattrs --xattrs-include='*' --acls --numeric-owner",
        "LC_ALL=C.UTF-8 bsdtar -xpf $tar --xattrs --acls --numeric-owner",
    ]
}
