extension DeviceRequest {
    /// Reads `--device`: `name`, `name=…`, `required[=bool]`, separated by commas.
    init(parsing text: String) throws(DockerfileFault) {
        let fields: [String]
        do throws(CSVError) {
            fields = try CSVRecord.fields(of: text)
        } catch {
            throw .invalidDevice(.notCSV(error))
        }
        self.init(name: "", isRequired: false)
        do throws(DeviceError) {
            for field in fields { try take(field) }
            if name.isEmpty { throw .noName }
        } catch {
            throw .invalidDevice(error)
        }
    }

    private mutating func take(_ field: String) throws(DeviceError) {
        let (key, value) = field.splitOnce(at: "=")
        switch (key.lowercased(), value) {
        case ("required", nil): isRequired = true
        case ("required", let value?):
            guard let boolean = GoBoolean.parse(value) else { throw .invalidValue(value) }
            isRequired = boolean
        case ("name", let value?):
            guard name.isEmpty else { throw .severalNames(name) }
            name = value
        default:
            guard !name.isEmpty else { return name = field }
            guard value != nil else { throw .noValue(field) }
            throw .unknownKey(
                key.lowercased(), field: field,
                suggestion: Suggestion.nearest(to: key.lowercased(), in: ["name", "required"]))
        }
    }
}

/// What is wrong with a `--device`.
public enum DeviceError: Error, Hashable, Sendable {
    case notCSV(CSVError)
    case invalidValue(String)
    case severalNames(String)
    case noName
    case noValue(String)
    case unknownKey(String, field: String, suggestion: String?)
}

extension DeviceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notCSV(let error): "failed to parse csv devices: \(error)"
        case .invalidValue(let value): "invalid value for required: \(value)"
        case .severalNames(let name): "device name already set to \(name)"
        case .noName: "device name is missing"
        case .noValue(let field): "invalid field '\(field)' must be a key=value pair"
        case .unknownKey(let key, let field, let suggestion):
            "unexpected key '\(key)' in '\(field)'" + Suggestion.hint(suggestion)
        }
    }
}
