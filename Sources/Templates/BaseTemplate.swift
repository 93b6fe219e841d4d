/// `${base.…}` cannot be known, or not for this image.
public enum BaseExpansionError: Error, Hashable {
    /// The image has no base image: FROM scratch, or a stage of it.
    case noBase(String)
    case noLabel(String)
}

extension BaseExpansionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noBase(let name): "${\(name)}: the image has no base image"
        case .noLabel(let name): "${base.label:\(name)}: the base image has no label \(name)"
        }
    }
}

/// The placeholders that are known only once the base image is resolved: `${base.digest}` and `${base.label:NAME}`, in
/// tags, labels and annotations.
public enum BaseTemplate {
    /// Puts `${base.digest}` and `${base.label:NAME}` into a tag, label or annotation.
    ///
    /// Every such text goes through here once, also one without `${base.…}`: `$${base.` becomes `${base.`.
    ///
    /// - Parameters:
    ///   - digest: of the base image's manifest, with `sha256:`; nil if there is no base image.
    ///   - labels: of the base image's config.
    public static func expand(
        _ text: String, digest: String?, labels: [String: String]
    ) throws(BaseExpansionError) -> String {
        var result = ""
        for piece in Template(text, namesBeginning: "base.").pieces {
            switch piece {
            case .literal(let literal): result += literal
            case .reference(let name, _): result += try value(name, digest: digest, labels: labels)
            case .unterminated(let rest, _): result += rest
            }
        }
        return result
    }

    private static func value(
        _ name: String, digest: String?, labels: [String: String]
    ) throws(BaseExpansionError) -> String {
        guard let digest else { throw .noBase(name) }
        guard name.hasPrefix("base.label:") else { return digest }
        let label = String(name.dropFirst("base.label:".count))
        guard let value = labels[label] else { throw .noLabel(label) }
        return value
    }
}
