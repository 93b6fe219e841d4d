internal import FileSystem
internal import Kaniko
internal import OCI
internal import Registry
internal import Reporting
internal import SystemPackage

/// `executor push FOLDER --destination NAME`: an OCI image layout of one image, to registries.
struct PushCall {
    private static let documentLimit = 8 << 20

    private let arguments: [String]

    init(_ arguments: [String]) { self.arguments = arguments }

    /// The first process of a container is ended by no signal that it does not look for.
    func run() async throws -> Int32 { try await Interruption().cancelling { try await push() } }

    private func push() async throws -> Int32 {
        let options = try PushOptions(GivenFlags(arguments, of: Flag.push), .ofProcess)
        let screen = ExecutorScreen(options.log, started: secondsNow())
        let client = try KanikoRegistry(
            options.registries, folder: SiteOptions.usualFolder, pushesTo: options.destinations.map(\.registry)
        ).client { [screen] in await screen.say(.warn, $0) }
        let (descriptor, bytes) = try image(in: options.path)
        if options.registries.checksPush { try await PushCheck(options.destinations, client).run() }
        for destination in options.destinations {
            let isThere = try await push(descriptor, bytes, from: options, to: destination, by: client)
            if isThere { await screen.say(.info, "Pushed \(destination), \(descriptor.digest)") }
        }
        return 0
    }

    /// False if the destination is another image's, and stays so.
    private func push(
        _ descriptor: Descriptor, _ bytes: [UInt8], from options: PushOptions, to destination: ImageReference,
        by client: RegistryClient
    ) async throws -> Bool {
        let manifest = try OCIDocument.decode(ImageManifest.self, from: bytes)
        let blobs = (manifest.layers + [manifest.config]).map { blob in
            (descriptor: blob, path: FilePath("\(options.path)/blobs/sha256/\(blob.digest.hex)"))
        }
        do {
            try await client.upload(blobs, to: destination)
            try await client.putManifest(bytes, mediaType: descriptor.mediaType, to: destination)
            return true
        } catch let error as RegistryError where options.registries.ignoresImmutableTags && error.isImmutableTag {
            Console.standardError.write("warning: \(destination) stays as it is: \(error)\n")
            return false
        }
    }

    /// The only image of a layout, with its manifest.
    private func image(in folder: String) throws -> (Descriptor, [UInt8]) {
        let index = try OCIDocument.decode(ImageIndex.self, from: read("\(folder)/index.json"))
        let images = Set(index.manifests.map(\.digest))
        guard let descriptor = index.manifests.first, images.count == 1, descriptor.mediaType.isManifest else {
            throw CommandFailure(
                .usage, "\(folder): it has \(images.count) images; a layout of one, as of --oci-layout-path, is needed")
        }
        let bytes = try read("\(folder)/blobs/sha256/\(descriptor.digest.hex)")
        guard Digest(of: bytes) == descriptor.digest else {
            throw CommandFailure(.imageFailed, "\(folder): the manifest \(descriptor.digest) is damaged")
        }
        return (descriptor, bytes)
    }

    private func read(_ path: String) throws -> [UInt8] {
        do throws(SystemError) {
            if let bytes = try OpenFile.open(path, [.read]).readAll(limit: Self.documentLimit) { return bytes }
        } catch {
            let hint = error.code == 20 ? "; a file of --tar-path is read by skopeo copy docker-archive:FILE" : ""
            throw CommandFailure(.usage, "\(error), and an OCI image layout is needed\(hint)")
        }
        throw CommandFailure(.usage, "\(path): it is larger than \(Self.documentLimit) bytes")
    }
}
