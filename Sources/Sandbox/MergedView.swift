internal import CSandbox
internal import Glibc
public import SystemPackage

/// Calls `body` with a descriptor of the root of `lowers` (nearest first) and `upper` seen as one tree.
///
/// The overlay is mounted nowhere: it is reached by its descriptor only, and gone when `body` has returned and every
/// descriptor opened below it is closed. Without `upper` the view cannot be written; a single lower is opened as it is.
/// Ids are those of the disk. `work` may be one that a step has used. Throws the failed mount call, or what `body`
/// throws.
public func withMergedView<Result>(
    lowers: [FilePath],
    upper: FilePath? = nil,
    work: FilePath? = nil,
    body: (_ rootDirectory: CInt) throws -> Result
) throws -> Result {
    var failure = csb_failure()
    let root = try withCStringLists([lowers.map(\.string), [upper, work].compactMap { $0?.string }]) { lists in
        csb_open_view(lists[0], lists[1][0], lists[1][0] == nil ? nil : lists[1][1], &failure)
    }
    guard root >= 0 else { throw failure.asError }
    defer { close(root) }
    return try body(root)
}
