internal import FoundationEssentials

/// What a service says about why not: in XML (S3, STS, Azure's blobs), or JSON (ECR, Google, Azure's directory).
struct ServiceReport {
    var code: String?
    var message: String?

    init(_ body: [UInt8]) {
        let text = String(decoding: body, as: UTF8.self)
        if let json = try? JSONDecoder().decode(Report.self, from: Data(body)) {
            code = json.type ?? json.code ?? json.error?.code
            message = json.message ?? json.capitalMessage ?? json.description ?? json.error?.message
        } else {
            code = XMLText.element("Code", in: text)
            message = XMLText.element("Message", in: text)
        }
        // AWS prefixes the type with its name space.
        code = code.map { Self.shown($0.split(separator: "#").last ?? "") }
        message = message.map { Self.shown(Substring($0)) }
    }

    /// Its first line, without what a terminal would obey.
    private static func shown(_ text: Substring) -> String {
        let line = text.prefix { !$0.isNewline }.unicodeScalars.filter {
            $0.value >= 32 && !(127...159).contains($0.value) && $0.properties.generalCategory != .format
        }
        return String(String.UnicodeScalarView(line.prefix(300)))
    }

    private struct Report: Decodable {
        var type: String?
        var code: String?
        var message: String?
        var capitalMessage: String?
        var description: String?
        var error: Nested?

        enum CodingKeys: String, CodingKey {
            case type = "__type"
            case code, message
            case capitalMessage = "Message"
            case description = "error_description"
            case error
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            type = try? values.decode(String.self, forKey: .type)
            code = try? values.decode(String.self, forKey: .code)
            message = try? values.decode(String.self, forKey: .message)
            capitalMessage = try? values.decode(String.self, forKey: .capitalMessage)
            description = try? values.decode(String.self, forKey: .description)
            error = try? values.decode(Nested.self, forKey: .error)
            if error == nil, let text = try? values.decode(String.self, forKey: .error) { code = text }
        }
    }

    /// Google's `"error": {"code": 404, "message": …, "status": "NOT_FOUND"}`.
    private struct Nested: Decodable {
        var status: String?
        var message: String?
        var code: String? { status }
    }
}

/// Single elements of small XML documents of services.
enum XMLText {
    /// The text of the first element of a name, without elements in it.
    static func element(_ name: String, in text: String) -> String? {
        guard let start = text.firstRange(of: "<\(name)>"),
            let end = text[start.upperBound...].firstRange(of: "</\(name)>")
        else { return nil }
        var result = String(text[start.upperBound..<end.lowerBound])
        for (entity, character) in [
            ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#34;", "\""), ("&amp;", "&"),
        ] { result.replace(entity, with: character) }
        return result
    }
}
