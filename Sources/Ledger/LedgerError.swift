/// What can be wrong with the ledger.
public enum LedgerError: Error, Equatable {
    /// The file cannot be opened or read: no permission, a directory in its place, a failing disk.
    case unusable(path: String, reason: String)
    /// What is there is no ledger, or no longer one.
    case damaged(path: String, reason: String)
    case newerSchema(path: String, unknown: [String])
    case cannotWrite(path: String, reason: String)
    case notFound(String)
    /// A beginning that several things have; not all of them need be named.
    case ambiguous(String, candidates: [String])
    case badQuery(String)
}
