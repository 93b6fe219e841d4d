/// How the layers that are made are packed.
public struct LayerCompression: Hashable, Sendable, Codable {
    public enum Method: String, Hashable, Sendable, Codable, CaseIterable {
        /// RFC 1952; every reader takes it.
        case gzip
        /// RFC 8878; only readers of OCI images do.
        case zstd

        /// From the fastest to the smallest.
        public var levels: ClosedRange<Int> {
            switch self {
            case .gzip: 1...12
            case .zstd: 1...22
            }
        }

        /// Half of the size that a higher level saves is not worth its time: see `docs/decisions/0004`.
        public var defaultLevel: Int {
            switch self {
            case .gzip: 1
            case .zstd: 3
            }
        }
    }

    public let method: Method
    public let level: Int

    /// The method's own level without one; nil if the method has no such level.
    public init?(_ method: Method, level: Int? = nil) {
        let level = level ?? method.defaultLevel
        guard method.levels.contains(level) else { return nil }
        self.method = method
        self.level = level
    }

    private init(method: Method) {
        self.method = method
        level = method.defaultLevel
    }

    public static let gzip = LayerCompression(method: .gzip)
    public static let zstd = LayerCompression(method: .zstd)

    /// Of the layers that it makes.
    public var mediaType: MediaType {
        switch method {
        case .gzip: .layerGzip
        case .zstd: .layerZstd
        }
    }
}

extension LayerCompression: CustomStringConvertible {
    /// `zstd-3`
    public var description: String { "\(method.rawValue)-\(level)" }
}
