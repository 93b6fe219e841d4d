extension LedgerError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unusable(let path, let reason): "the ledger \(path) cannot be read: \(reason)"
        case .damaged(let path, let reason):
            "\(path) is damaged, or not a ledger: \(reason); it was left as it is: move it aside to begin a new one, or put a backup in its place"
        case .newerSchema(let path, let unknown):
            "the ledger \(path) was written by a newer build-all (\(unknown.joined(separator: ", "))): it can be read, not written"
        case .cannotWrite(let path, let reason): "writing the ledger \(path): \(reason)"
        case .notFound(let what): "the history has no \(what)"
        case .ambiguous(let text, let candidates):
            "\"\(text)\" is the beginning of more than one: \(candidates.joined(separator: ", "))"
        case .badQuery(let reason): reason
        }
    }
}
