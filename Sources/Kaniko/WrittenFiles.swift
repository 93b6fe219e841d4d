public import OCI

extension OutputOptions {
    /// A file that is written beside the image.
    public struct Note: Hashable, Sendable {
        /// A path, or an https URL to PUT to.
        public let place: String
        public let text: String
    }

    /// What `--digest-file` and its like get for a digest, byte for byte as kaniko writes it.
    public func notes(_ digest: Digest) -> [Note] {
        var notes: [Note] = []
        if let digestFile { notes.append(Note(place: digestFile, text: "\(digest)")) }
        if let nameFile {
            notes.append(Note(place: nameFile, text: lines { "\(Self.name(of: $0))@\(digest)" }))
        }
        if let nameAndTagFile {
            notes.append(
                Note(
                    place: nameAndTagFile,
                    text: lines { "\(Self.name(of: $0)):\($0.tag ?? "latest")@\(digest)" }))
        }
        return notes
    }

    /// What Cloud Build reads of `images` in `BUILDER_OUTPUT`: a line of JSON a destination.
    public func builderOutput(_ digest: Digest) -> String {
        lines { #"{"name":"\#(Self.name(of: $0)):\#($0.tag ?? "latest")","digest":"\#(digest)"}"# }
    }

    private func lines(_ line: (ImageReference) -> String) -> String {
        destinations.map { line($0) + "\n" }.joined()
    }

    /// Docker Hub has another name in Go's library.
    private static func name(of reference: ImageReference) -> String {
        let host = reference.registry == ImageReference.dockerHub ? "index.docker.io" : reference.registry
        return "\(host)/\(reference.repository)"
    }
}
