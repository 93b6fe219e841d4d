/// Makes a mount of its fields, whose values are expanded by now.
struct RunMountReader {
    private var mount = RunMount(kind: .bind)
    private var isReadOnly: Bool?
    private var sharing: RunMount.Sharing?
    private var id: String?

    private static let keys = [
        "type", "from", "source", "target", "readonly", "id", "sharing", "required", "size", "mode", "uid", "gid",
        "src", "dst", "destination", "ro", "rw", "readwrite", "env",
    ]

    /// Takes one field after the other; what a key may say can depend on the `type` before it.
    mutating func take(_ field: RunMountText.Field, value: String?) throws(RunMountError) {
        guard let value else { return try takeBare(field) }
        switch field.key {
        case "type": mount.kind = try Self.kind(value)
        case "from": mount.from = Self.given(value)
        case "source", "src": mount.source = Self.given(value)
        case "target", "dst", "destination": mount.target = Self.given(value)
        case "id": id = Self.given(value)
        case "sharing": sharing = try Self.sharing(value)
        case "mode":
            guard let mode = UInt16(value, radix: 8), Self.isPlain(value), mode <= 0o7777 else {
                throw .invalidNumber(key: "mode", value: value)
            }
            mount.mode = mode
        case "uid": mount.uid = try Self.number(value, of: field.key)
        case "gid": mount.gid = try Self.number(value, of: field.key)
        default: try takeSwitch(field, value)
        }
    }

    private mutating func takeBare(_ field: RunMountText.Field) throws(RunMountError) {
        switch field.key {
        case "readonly", "ro": isReadOnly = true
        case "readwrite", "rw": isReadOnly = false
        case "required":
            try check(field.key, isFor: [.secret, .ssh])
            mount.isRequired = true
        default: throw .noValue(field.text)
        }
    }

    private mutating func takeSwitch(_ field: RunMountText.Field, _ value: String) throws(RunMountError) {
        switch field.key {
        case "readonly", "ro": isReadOnly = try Self.boolean(value, of: field.key)
        case "readwrite", "rw": isReadOnly = try !Self.boolean(value, of: field.key)
        case "required":
            try check(field.key, isFor: [.secret, .ssh])
            mount.isRequired = try Self.boolean(value, of: field.key)
        case "size":
            try check(field.key, isFor: [.tmpfs])
            guard let size = ByteCount.parse(value) else { throw .invalidValue(key: field.key, value: value) }
            mount.sizeInBytes = size == 0 ? nil : size
        case "env":
            try check(field.key, isFor: [.secret])
            mount.environment = Self.given(value)
        default:
            throw .unknownKey(
                field.key, field: field.text, suggestion: Suggestion.nearest(to: field.key, in: Self.keys))
        }
    }

    private func check(_ key: String, isFor kinds: [RunMount.Kind]) throws(RunMountError) {
        guard kinds.contains(mount.kind) else { throw .keyOfOtherKind(key, mount.kind) }
    }

    /// An empty value says nothing.
    private static func given(_ value: String) -> String? { value.isEmpty ? nil : value }

    private static func kind(_ value: String) throws(RunMountError) -> RunMount.Kind {
        if let kind = RunMount.Kind(rawValue: value.lowercased()) { return kind }
        let names = RunMount.Kind.allCases.map(\.rawValue)
        throw .unknownKind(value, suggestion: Suggestion.nearest(to: value, in: names))
    }

    private static func sharing(_ value: String) throws(RunMountError) -> RunMount.Sharing {
        if let sharing = RunMount.Sharing(rawValue: value.lowercased()) { return sharing }
        let names = RunMount.Sharing.allCases.map(\.rawValue)
        throw .unknownSharing(value, suggestion: Suggestion.nearest(to: value, in: names))
    }

    private static func boolean(_ value: String, of key: String) throws(RunMountError) -> Bool {
        guard let boolean = GoBoolean.parse(value) else { throw .invalidValue(key: key, value: value) }
        return boolean
    }

    /// Digits only: Swift would take a sign too.
    private static func isPlain(_ value: String) -> Bool { value.utf8.allSatisfy { (0x30...0x39).contains($0) } }

    private static func number(_ value: String, of key: String) throws(RunMountError) -> UInt32 {
        guard isPlain(value), let number = UInt32(value), number < .max else {
            throw .invalidNumber(key: key, value: value)
        }
        return number
    }

    /// The whole mount, its defaults filled in.
    func finished() throws(RunMountError) -> RunMount {
        try check()
        var mount = mount
        mount.isReadOnly = isReadOnly ?? !(mount.kind == .cache || mount.kind == .tmpfs)
        mount.sharing = sharing ?? .shared
        switch mount.kind {
        case .bind, .tmpfs: break
        case .cache: mount.id = id ?? CleanPath.clean(mount.target ?? "")
        case .secret: setDefaults(ofSecret: &mount)
        case .ssh:
            mount.id = id ?? "default"
            mount.mode = mount.mode ?? 0o600
        }
        return mount
    }

    private func setDefaults(ofSecret mount: inout RunMount) {
        let id = mount.source ?? id ?? Self.baseName(mount.target ?? "")
        mount.id = id
        mount.source = nil
        mount.mode = mount.mode ?? 0o400
        if mount.environment == nil { mount.target = mount.target ?? "/run/secrets/" + Self.baseName(id) }
    }

    private static func baseName(_ path: String) -> String {
        path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? path
    }

    private func check() throws(RunMountError) {
        if mount.kind == .bind || mount.kind == .tmpfs {
            if mount.mode != nil { throw .notAllowed("mode", mount.kind) }
            if mount.uid != nil { throw .notAllowed("uid", mount.kind) }
            if mount.gid != nil { throw .notAllowed("gid", mount.kind) }
        }
        if mount.kind == .secret {
            if mount.from != nil { throw .secretWithFrom }
            if sharing != nil { throw .secretWithSharing }
            if mount.source == nil, mount.target == nil, id == nil { throw .secretWithoutName }
            if mount.source != nil, id != nil { throw .sourceAndID }
        }
        if mount.kind == .ssh, mount.source != nil { throw .sourceOfAgent }
        if sharing != nil, mount.kind != .cache { throw .sharingOfOtherKind(mount.kind) }
        if let target = mount.target, CleanPath.clean(target) == "/" { throw .invalidTarget("/") }
    }
}
