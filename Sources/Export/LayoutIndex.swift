internal import OCI

/// The `index.json` of an image layout: what is in it stays, but for the names that are given anew.
///
/// https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md#indexjson-file
struct LayoutIndex {
    static let nameKey = "org.opencontainers.image.ref.name"

    private var members: [String: JSONValue]
    private var manifests: [JSONValue]

    /// An index without manifests.
    init() {
        members = ["schemaVersion": .integer(2), "mediaType": .string(MediaType.imageIndex.rawValue)]
        manifests = []
    }

    /// Nil if the document is no index.
    init?(_ document: JSONValue) {
        guard let members = document.object, let manifests = members["manifests"]?.array,
            manifests.allSatisfy({ $0.object != nil })
        else { return nil }
        self.members = members
        self.manifests = manifests
    }

    /// Lets the tags name an image, and nothing else. Without tags the image is in the index without a name.
    mutating func name(_ image: Descriptor, _ tags: [String]) throws {
        let names: [String?] = tags.isEmpty ? [nil] : tags
        manifests.removeAll { entry in
            let name = Self.name(of: entry)
            guard name == nil else { return names.contains(name) }
            return Self.digest(of: entry) == image.digest.description
        }
        for name in names {
            var entry = image
            if let name { entry.annotations = (entry.annotations ?? [:]).merging([Self.nameKey: name]) { $1 } }
            manifests.append(try OCIDocument.decode(JSONValue.self, from: OCIDocument.encode(entry)))
        }
        manifests.sort { Self.place(of: $0) < Self.place(of: $1) }
    }

    /// What can be understood of the manifests.
    var entries: [(name: String?, descriptor: Descriptor)] {
        manifests.compactMap { entry in
            guard let bytes = try? OCIDocument.encode(entry),
                let descriptor = try? OCIDocument.decode(Descriptor.self, from: bytes)
            else { return nil }
            return (Self.name(of: entry), descriptor)
        }
    }

    mutating func remove(_ names: Set<String>) {
        manifests.removeAll { entry in Self.name(of: entry).map(names.contains) ?? false }
    }

    func encoded() throws -> [UInt8] {
        try OCIDocument.encode(JSONValue.object(members.merging(["manifests": .array(manifests)]) { $1 }))
    }

    private static func name(of entry: JSONValue) -> String? {
        entry.object?["annotations"]?.object?[nameKey]?.string
    }

    private static func digest(of entry: JSONValue) -> String? { entry.object?["digest"]?.string }

    private static func place(of entry: JSONValue) -> (String, String) {
        (name(of: entry) ?? "", digest(of: entry) ?? "")
    }
}
