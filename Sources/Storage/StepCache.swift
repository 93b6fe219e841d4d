internal import FileSystem
internal import FoundationEssentials
public import OCI

/// The result of a step that ran.
public struct StepRecord: Hashable, Sendable, Codable {
    /// The layer that the step made, or nil for a step that changes the config only.
    public var layer: Descriptor?
    public var diffID: Digest?
    /// The latest time of a file in the layer, in seconds since 1970; nil if it has no files.
    public var newestTime: Int64?
    /// RFC 3339: the history's time, kept so that a rebuild gives the same config.
    public var created: String
    /// When the step ran, in seconds since 1970; nil in records of older versions.
    public var recorded: Int64?
    /// How the layer is packed; nil is gzip at its usual level.
    public var compression: LayerCompression?
    /// What the key was made of: names, with short texts or digests. Meant for a hundred or so: a record is read at every
    /// look-up.
    public var parts: [String: String]

    public init(
        layer: Descriptor?, diffID: Digest?, newestTime: Int64? = nil, created: String, recorded: Int64? = nil,
        parts: [String: String], compression: LayerCompression? = nil
    ) {
        self.layer = layer
        self.diffID = diffID
        self.newestTime = newestTime
        self.created = created
        self.recorded = recorded
        self.parts = parts
        self.compression = compression
    }
}

/// Results of steps by their key, shared by all images and runs of a state folder.
public struct StepCache: Sendable {
    private let folder: OpenFile
    private let last: OpenFile
    private let temporary: OpenFile
    private let blobs: BlobStore
    private let marks: UseMarks

    /// Opens the cache of a state folder that was prepared.
    public init(_ state: StateFolder, blobs: BlobStore) throws(StorageError) {
        folder = try state.open(state.cache)
        last = try state.open(state.lastSteps)
        temporary = try state.open(state.temporary)
        marks = try UseMarks(state)
        self.blobs = blobs
    }

    /// A result whose blob is there in full size; a record that cannot be read is removed and counts as none.
    public func find(_ key: Digest) throws(StorageError) -> StepRecord? {
        guard let record = try known(key) else { return nil }
        guard let layer = record.layer else { return record }
        return try blobs.size(of: layer.digest) == layer.size ? record : nil
    }

    /// A result, wherever its blob is: that of one that another machine shares may have been left there.
    public func known(_ key: Digest) throws(StorageError) -> StepRecord? { try read(folder, key.hex) }

    /// Keeps a result. With a `place` its parts are noted there: see `note`.
    public func record(
        _ record: StepRecord, key: Digest, place: String? = nil, files: () -> [UInt8] = { [] }
    ) throws(StorageError) {
        try write(record, key.hex, in: folder)
        if let place { try note(record.parts, place: place, files: files) }
    }

    /// Forgets a result, and its blob, whose bytes turned out to be others.
    public func forget(_ key: Digest) throws(StorageError) {
        if let layer = try known(key)?.layer { try blobs.remove(layer.digest) }
        do {
            try folder.unlink(FileName(key.hex))
        } catch {
            if !error.isNotFound { throw .system(error, doing: "removing a result from the step cache") }
        }
    }

    /// Remembers what a step's key was made of, also when the result was found. `place` names the step across builds
    /// (image, stage and number); `files` says of the files behind it what `previousFiles` is to give, and is called
    /// only when something is new.
    public func note(
        _ parts: [String: String], place: String, files: () -> [UInt8] = { [] }
    ) throws(StorageError) {
        let name = Digest(of: place.utf8).hex
        let record = StepRecord(layer: nil, diffID: nil, created: "", parts: parts)
        guard try read(last, name) != record else { return }
        let files = files()
        if !files.isEmpty { try write(files, Self.listName(name), in: last) }
        try write(record, name, in: last)
    }

    /// The files of the step at a place the last time it was built; empty if it had none.
    public func previousFiles(place: String) throws(StorageError) -> [UInt8] {
        try storing("reading the step cache") { () throws(SystemError) in
            try last.readSmallFile(FileName(Self.listName(Digest(of: place.utf8).hex)), limit: Self.longestList)
        } ?? []
    }

    /// Half a million files and more.
    private static let longestList = 64 << 20

    private static func listName(_ name: String) -> String { "\(name).files" }

    /// The parts of the key that the step at a place had the last time it was built; nil if it never was.
    public func previousParts(place: String) throws(StorageError) -> [String: String]? {
        try read(last, Digest(of: place.utf8).hex)?.parts
    }

    /// Remembers that a step failed; a step that does not fail any more is found, and not asked for.
    public func noteFailure(of key: Digest) throws(StorageError) {
        try note(["failed": key.hex], place: Self.failurePlace(key))
    }

    public func hasFailed(_ key: Digest) throws(StorageError) -> Bool {
        try previousParts(place: Self.failurePlace(key)) != nil
    }

    private static func failurePlace(_ key: Digest) -> String { "failure of \(key.hex)" }

    /// A record that is read was used.
    private func read(_ folder: OpenFile, _ name: String) throws(StorageError) -> StepRecord? {
        let bytes = try storing("reading the step cache") { () throws(SystemError) in
            try marks.useFile(FileName(name), in: folder) ? try folder.readSmallFile(FileName(name)) : nil
        }
        guard let bytes else { return nil }
        do {
            return try JSONDecoder().decode(StepRecord.self, from: Data(bytes))
        } catch {
            try storing("removing a damaged record") { () throws(SystemError) in try folder.unlink(FileName(name)) }
            return nil
        }
    }

    private func write(_ record: StepRecord, _ name: String, in folder: OpenFile) throws(StorageError) {
        let bytes: [UInt8]
        do {
            bytes = try OCIDocument.encode(record)
        } catch {
            preconditionFailure("a step record can always be encoded: \(error)")
        }
        try write(bytes, name, in: folder)
    }

    private func write(_ bytes: [UInt8], _ name: String, in folder: OpenFile) throws(StorageError) {
        try storing("writing the step cache") { () throws(SystemError) in
            try folder.replaceFile(FileName(name), with: bytes, through: temporary)
        }
    }
}
