/// What a platform gives to the automatic arguments.
public struct PlatformValues: Hashable, Sendable {
    public var os: String
    public var architecture: String
    public var variant: String
    public var osVersion: String

    public init(os: String, architecture: String, variant: String = "", osVersion: String = "") {
        self.os = os
        self.architecture = architecture
        self.variant = variant
        self.osVersion = osVersion
    }

    /// `os/architecture[/variant]`.
    public var text: String { "\(os)/\(architecture)" + (variant.isEmpty ? "" : "/\(variant)") }

    /// The automatic arguments of this platform.
    func arguments(prefix: String) -> [(name: String, value: String)] {
        [
            ("PLATFORM", text), ("OS", os), ("OSVERSION", osVersion), ("ARCH", architecture), ("VARIANT", variant),
        ].map { (prefix + $0.0, $0.1) }
    }
}
