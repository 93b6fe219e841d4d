/// What can be wrong with the ledger.
public enum LedgerError: Error, Equatable {
    /// The file is there but SQLite cannot use it.
    case unusable(path: String, reason: String)
    case newerSchema(path: String, unknown: [String])
    case cannotWrite(path: String, reason: String)
    case notFound(String)
    case ambiguous(String, candidates: [String])
    case badQuery(String)
}

extension LedgerError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unusable(let path, let reason):
            "the ledger \(path) cannot be read: \(reason); it was left as it is: move it aside to begin a new one"
        case .newerSchema(let path, let unknown):
            "the ledger \(path) was written by a newer build-all (\(unknown.joined(separator: ", "))): it can be read, not written"
        case .cannotWrite(let path, let reason): "writing the ledger \(path): \(reason)"
        case .notFound(let what): "the history has no \(what)"
        case .ambiguous(let text, let candidates):
            "\"\(text)\" may be \(candidates.joined(separator: " or "))"
        case .badQuery(let reason): reason
        }
    }
}
