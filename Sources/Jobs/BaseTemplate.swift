public import OCI

/// The placeholders that are known only once the base image is resolved: `${base.digest}` and `${base.label:NAME}`.
///
/// They may stand in tags, labels and annotations of the batch manifest; `base` is the base image of the target stage.
public enum BaseTemplate {
    /// Replaces the placeholders; what the base does not have becomes empty. Other text stays as it is.
    public static func expand(_ text: String, digest: Digest?, labels: [String: String]) -> String {
        var result = ""
        var rest = Substring(text)
        while let start = rest.range(of: "${base.") {
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else { break }
            result += rest[..<start.lowerBound]
            result += value(of: rest[start.upperBound..<end], digest: digest, labels: labels)
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private static func value(of name: Substring, digest: Digest?, labels: [String: String]) -> String {
        if name == "digest" { return digest?.description ?? "" }
        return name.hasPrefix("label:") ? labels[String(name.dropFirst("label:".count))] ?? "" : ""
    }
}

extension Substring {
    /// The first place of a text, found byte by byte.
    fileprivate func range(of text: String) -> Range<Index>? {
        let pattern = Array(text.utf8)
        var start = startIndex
        while start < endIndex {
            if utf8[start...].starts(with: pattern) {
                return start..<utf8.index(start, offsetBy: pattern.count)
            }
            start = utf8.index(after: start)
        }
        return nil
    }
}
