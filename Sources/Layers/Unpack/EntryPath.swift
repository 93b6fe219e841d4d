internal import FileSystem

/// The path of an entry below the root that it is unpacked to: no empty names, no `.`, never a `..`.
///
/// A leading `/` or `./` says nothing: archives are relative to their root, as with every other builder.
struct EntryPath {
    /// Empty for the root.
    let names: [FileName]

    init(_ path: FileName, limit: Int, refusal: EntryRefusal = .parentReference) throws(EntryRefusal) {
        guard path.bytes.count <= limit else { throw .pathTooLong(limit: limit) }
        names = path.components
        guard !names.contains("..") else { throw refusal }
    }

    var name: FileName? { names.last }
    var parent: [FileName] { Array(names.dropLast()) }
}

extension EntryRefusal: Error {}
