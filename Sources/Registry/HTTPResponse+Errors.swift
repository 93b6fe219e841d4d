internal import FoundationEssentials
internal import HTTP

extension HTTPResponse {
    /// The registry's own words in an error's body; empty when it has none. Control characters are dropped, texts cut.
    var reportedErrors: [RegistryError.ReportedError] {
        guard let document = try? JSONDecoder().decode(ErrorDocument.self, from: Data(body)) else { return plainText }
        if let errors = document.errors {
            return errors.prefix(5).map { .init(code: clean($0.code ?? ""), message: clean($0.message ?? "")) }
        }
        let text = clean(document.details ?? document.message ?? document.errorDescription ?? "")
        return text.isEmpty ? [] : [.init(code: clean(document.error ?? ""), message: text)]
    }

    private var plainText: [RegistryError.ReportedError] {
        guard headers["content-type"]?.hasPrefix("text/plain") == true else { return [] }
        let text = clean(String(decoding: body, as: UTF8.self))
        return text.isEmpty ? [] : [.init(code: "", message: text)]
    }

    private func clean(_ text: String) -> String {
        let visible = text.unicodeScalars.filter { $0.properties.generalCategory != .control }
        let limited = String(String.UnicodeScalarView(visible.prefix(300)))
        return visible.count > 300 ? limited + "…" : limited
    }
}

private struct ErrorDocument: Decodable {
    struct Entry: Decodable {
        var code: String?
        var message: String?
    }

    var errors: [Entry]?
    var details: String?
    var message: String?
    var error: String?
    var errorDescription: String?

    enum CodingKeys: String, CodingKey {
        case errors, details, message, error
        case errorDescription = "error_description"
    }
}
