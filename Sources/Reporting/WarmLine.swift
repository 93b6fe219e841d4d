/// A base image that was fetched ahead of time.
public struct WarmLine: Hashable, Sendable {
    public var reference: String
    public var platform: String
    public var digest: String
    public var sizeInBytes: Int64
    /// What was not there before.
    public var fetchedBytes: Int64

    public init(reference: String, platform: String, digest: String, sizeInBytes: Int64, fetchedBytes: Int64) {
        self.reference = reference
        self.platform = platform
        self.digest = digest
        self.sizeInBytes = sizeInBytes
        self.fetchedBytes = fetchedBytes
    }

    /// A table; without `width` nothing is cut.
    public static func lines(_ images: [WarmLine], width: Int? = nil) -> [String] {
        guard !images.isEmpty else { return ["no base images"] }
        var table = TextTable([
            .init(title: "IMAGE", shrinks: true), .init(title: "PLATFORM"), .init(title: "DIGEST"),
            .init(title: "SIZE", isNumber: true), .init(title: "FETCHED", isNumber: true),
        ])
        for image in images {
            table.add([
                image.reference, image.platform, image.digest, Quantity.bytes(image.sizeInBytes),
                Quantity.bytes(image.fetchedBytes),
            ])
        }
        return table.lines(width: width)
    }
}
