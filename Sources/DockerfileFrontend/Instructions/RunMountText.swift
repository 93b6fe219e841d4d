/// `--mount` as written: comma-separated fields, their values not expanded.
struct RunMountText: Hashable {
    struct Field: Hashable {
        let text: String
        /// In lower case.
        let key: String
        let value: String?
    }

    let fields: [Field]
    /// The one value that has no variables, so that the stages a target needs are known before anything is built.
    let from: String?

    init(_ text: String) throws(DockerfileFault) {
        do throws(CSVError) {
            fields = try CSVRecord.fields(of: text).map { field in
                let (key, value) = field.splitOnce(at: "=")
                return Field(text: field, key: key.lowercased(), value: value)
            }
        } catch {
            throw .invalidMount(.notCSV(error))
        }
        from = fields.last { $0.key == "from" && $0.value != nil }?.value
        for field in fields where field.key == "from" && Self.hasVariable(field.value ?? "") {
            throw .invalidMount(.variableInFrom)
        }
    }

    /// As written, for messages.
    var target: String {
        fields.last { ["target", "dst", "destination"].contains($0.key) }?.value ?? ""
    }

    /// A `$` with something behind it.
    private static func hasVariable(_ value: String) -> Bool {
        value.utf8.dropLast().contains(UInt8(ascii: "$"))
    }

    /// Whether it may read the main context: a bind mount without `from`, if its type is known.
    var readsContext: Bool {
        let type = fields.last { $0.key == "type" }?.value?.lowercased() ?? "bind"
        return (from ?? "").isEmpty && (type == "bind" || RunMount.Kind(rawValue: type) == nil)
    }

    /// Whether it can be judged without knowing variables.
    var isConstant: Bool {
        fields.allSatisfy { !($0.value ?? "").utf8.contains(UInt8(ascii: "$")) }
    }
}

/// What is wrong with a `--mount`.
public enum RunMountError: Error, Hashable, Sendable {
    case notCSV(CSVError)
    case variableInFrom
    case noValue(String)
    case unknownKind(String, suggestion: String?)
    case unknownSharing(String, suggestion: String?)
    case unknownKey(String, field: String, suggestion: String?)
    case keyOfOtherKind(String, RunMount.Kind)
    case invalidValue(key: String, value: String)
    case invalidNumber(key: String, value: String)
    case notAllowed(String, RunMount.Kind)
    case sharingOfOtherKind(RunMount.Kind)
    case secretWithFrom
    case secretWithSharing
    case secretWithoutName
    case sourceAndID
    case sourceOfAgent
    case invalidTarget(String)
}

extension RunMountError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notCSV(let error): "failed to parse csv mounts: \(error)"
        case .variableInFrom: "'from' doesn't support variable expansion, define alias stage instead"
        case .noValue(let field): "invalid field '\(field)' must be a key=value pair"
        case .unknownKind(let name, let suggestion):
            "unsupported mount type \(name.quoted)" + Suggestion.hint(suggestion)
        case .unknownSharing(let name, let suggestion):
            "unsupported sharing value \(name.quoted)" + Suggestion.hint(suggestion)
        case .unknownKey(let key, let field, let suggestion):
            "unexpected key '\(key)' in '\(field)'" + Suggestion.hint(suggestion)
        case .keyOfOtherKind(let key, let kind): "unexpected key '\(key)' for mount type '\(kind.rawValue)'"
        case .invalidValue(let key, let value): "invalid value for \(key): \(value)"
        case .invalidNumber(let key, let value): "invalid value \(value) for \(key)"
        case .notAllowed(let key, let kind): "\(key) not allowed for \(kind.rawValue.quoted) type mounts"
        case .sharingOfOtherKind(let kind): "invalid cache sharing set for \(kind.rawValue) mount"
        case .secretWithFrom: "secret mount should not have a from"
        case .secretWithSharing: "secret mount should not define sharing"
        case .secretWithoutName: "invalid secret mount. one of source, target required"
        case .sourceAndID: "both source and id can't be set"
        case .sourceOfAgent: "ssh does not support source"
        case .invalidTarget(let path): "invalid mount target \(path.quoted)"
        }
    }
}
