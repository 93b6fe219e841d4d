/// An operating system and processor architecture, in Go's words.
///
/// https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md#image-index-property-descriptions
public struct Platform: Hashable, Sendable, Codable {
    public var os: String
    public var architecture: String
    public var variant: String?
    public var osVersion: String?

    enum CodingKeys: String, CodingKey {
        case os, architecture, variant
        case osVersion = "os.version"
    }

    public init(os: String, architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }

    /// Parses `os/architecture[/variant]`, or an architecture alone, which means Linux. Common aliases
    /// (`x86_64`, `aarch64`, `armhf`) become Go's names, as containerd does; `arm64/v8` loses its variant.
    public init(_ text: String) throws(OCIError) {
        let parts = text.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isValid =
            (1...3).contains(parts.count)
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.utf8.allSatisfy {
                        ($0 >= 48 && $0 <= 57) || ($0 >= 97 && $0 <= 122) || $0 == 95 || $0 == 45 || $0 == 46
                    }
            }
        guard isValid else { throw .invalidPlatform(text) }
        let system = parts.count == 1 ? "linux" : parts[0]
        let (architecture, implied) = Platform.normalized(parts.count == 1 ? parts[0] : parts[1])
        self.init(os: system, architecture: architecture, variant: parts.count == 3 ? parts[2] : implied)
        if self.architecture == "arm64", variant == "v8" { variant = nil }
        if self.architecture == "arm", variant == nil { variant = "v7" }
    }

    private static func normalized(_ architecture: String) -> (String, variant: String?) {
        switch architecture {
        case "x86_64", "x86-64": ("amd64", nil)
        case "aarch64": ("arm64", nil)
        case "armhf": ("arm", "v7")
        case "armel": ("arm", "v6")
        case "i386", "i486", "i586", "i686": ("386", nil)
        default: (architecture, nil)
        }
    }

    /// The platform this program was compiled for.
    public static let host: Platform = {
        #if arch(x86_64)
            Platform(os: "linux", architecture: "amd64")
        #elseif arch(arm64)
            Platform(os: "linux", architecture: "arm64")
        #else
            #error("an architecture without a name in the image specification's table")
        #endif
    }()

    /// Whether an image for `self` runs where `wanted` is asked for: same system and architecture, and the same
    /// variant if both say one.
    public func satisfies(_ wanted: Platform) -> Bool {
        os == wanted.os && architecture == wanted.architecture
            && (variant == wanted.variant || variant == nil || wanted.variant == nil)
    }
}

extension Platform: CustomStringConvertible {
    public var description: String { [os, architecture, variant].compactMap { $0 }.joined(separator: "/") }
}
