/// `--git KEY=VALUE`, of contexts in repositories.
struct GitOptions {
    private static let booleans = ["single-branch", "recurse-submodules", "insecure-skip-tls"]

    /// A branch, else a tag, of an address that names none.
    private(set) var branch: String?
    private(set) var skipsTLS = false

    /// One commit is fetched, and its submodules: single-branch, depth and recurse-submodules do nothing.
    init(_ flags: GivenFlags) throws(KanikoError) {
        for (name, value) in try flags.pairs("git") {
            func fault(_ reason: String) -> KanikoError { .badValue("--git", "\(name)=\(value)", reason: reason) }
            switch name {
            case "branch": branch = value.isEmpty ? nil : value
            case "depth": if GoText.number(value) == nil { throw fault("a number is needed") }
            case _ where Self.booleans.contains(name):
                guard let boolean = GoText.boolean(value) else { throw fault("true or false is needed") }
                if name == "insecure-skip-tls" { skipsTLS = boolean }
            default:
                let known = (["branch", "depth"] + Self.booleans).joined(separator: ", ")
                throw fault("there is no \"\(name)\", but \(known)")
            }
        }
    }

    /// What the address says goes before the branch.
    func applied(to text: String) -> String {
        guard let branch, !text.contains("#") else { return text }
        return "\(text)#\(branch)"
    }
}
