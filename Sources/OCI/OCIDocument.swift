internal import FoundationEssentials

/// How the documents of the image specification become bytes and back.
///
/// Keys are sorted and slashes are not escaped, so that equal values always give equal bytes, and so equal digests.
public enum OCIDocument {
    public static func encode(_ value: some Encodable) throws(OCIError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try Array(encoder.encode(value))
        } catch {
            throw .invalidDocument(kind: "\(type(of: value))", reason: "\(error)")
        }
    }

    public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(OCIError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw .invalidDocument(kind: "\(type)", reason: "\(error)")
        }
    }
}
