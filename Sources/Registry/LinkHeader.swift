internal import HTTP

extension HTTPResponse {
    /// Where the next page of a list is: the target of the `Link` field with `rel="next"`.
    ///
    /// https://www.rfc-editor.org/rfc/rfc8288#section-3
    var nextPage: HTTPURL? {
        for field in headers.all("link") {
            for link in field.split(separator: "<", omittingEmptySubsequences: false).dropFirst() {
                guard let end = link.firstIndex(of: ">") else { continue }
                let parameters = link[link.index(after: end)...].lowercased().filter { $0 != " " && $0 != "\"" }
                let isNext = parameters.split(whereSeparator: { $0 == ";" || $0 == "," }).contains("rel=next")
                if isNext { return url.resolving(String(link[..<end])) }
            }
        }
        return nil
    }
}
