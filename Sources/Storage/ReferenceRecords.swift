internal import FileSystem
internal import FoundationEssentials
public import OCI

/// What a reference of a registry was when it was asked for last, for one platform.
public struct ReferenceRecord: Hashable, Sendable, Codable {
    public var reference: ImageReference
    public var platform: Platform
    /// Of the image for the platform.
    public var manifest: Descriptor

    public init(reference: ImageReference, platform: Platform, manifest: Descriptor) {
        self.reference = reference
        self.platform = platform
        self.manifest = manifest
    }
}

/// Remembers what references were, for builds without a network. The ledger keeps what was seen for ever and for people;
/// this is the present, one small file a reference and platform, and goes with what it names.
public struct ReferenceRecords: Sendable {
    private let folder: OpenFile
    private let temporary: OpenFile
    private let marks: UseMarks

    /// Opens the records of a state folder that was prepared.
    public init(_ state: StateFolder) throws(StorageError) {
        folder = try state.open(state.references)
        temporary = try state.open(state.temporary)
        marks = try UseMarks(state)
    }

    /// Nil if it was never asked for, or the record is damaged.
    public func find(_ reference: ImageReference, _ platform: Platform) throws(StorageError) -> ReferenceRecord? {
        let name = Self.name(reference, platform)
        let bytes = try storing("reading what \(reference) was") { () throws(SystemError) in
            try marks.useFile(name, in: folder) ? try folder.readSmallFile(name) : nil
        }
        guard let bytes else { return nil }
        do {
            return try JSONDecoder().decode(ReferenceRecord.self, from: Data(bytes))
        } catch {
            // Cut short by a power loss; it is written anew when the reference is asked for again.
            return nil
        }
    }

    public func note(_ record: ReferenceRecord) throws(StorageError) {
        if try find(record.reference, record.platform) == record { return }
        let bytes: [UInt8]
        do {
            bytes = try OCIDocument.encode(record)
        } catch {
            preconditionFailure("a record can always be encoded: \(error)")
        }
        let name = Self.name(record.reference, record.platform)
        try storing("writing what \(record.reference) is") { () throws(SystemError) in
            try marks.sharing { () throws(SystemError) in
                try folder.replaceFile(name, with: bytes, through: temporary)
            }
        }
    }

    private static func name(_ reference: ImageReference, _ platform: Platform) -> FileName {
        FileName(Digest(of: "\(reference) \(platform)".utf8).hex)
    }
}
