internal import FileSystem

/// A header block as read: its checksum holds, its fields are not yet understood.
struct TarHeader {
    private let block: [UInt8]
    private let format: Format

    private enum Format { case old, ustar, gnu, star }

    /// Nil if the checksum does not hold; a block of zeros has none.
    init?(_ block: UnsafeRawBufferPointer) {
        guard let checksum = TarNumber.parse(block[TarField.checksum]), checksum > 0 else { return nil }
        let sums = TarHeaderBlock.sums(of: block)
        guard checksum == sums.unsigned || checksum == sums.signed else { return nil }
        self.block = Array(block)
        format = Self.format(of: block)
    }

    private static func format(of block: UnsafeRawBufferPointer) -> Format {
        guard block[TarField.magic].prefix(5).elementsEqual("ustar".utf8) else { return .old }
        if block[TarField.magic].last != 0 { return .gnu }
        return block[TarField.starTrailer].elementsEqual("tar\0".utf8) ? .star : .ustar
    }

    var type: UInt8 { block[TarField.type] }

    /// The entry with what extended headers said instead of the fields. Throws a `TarProblem`.
    func entry(_ kind: TarEntry.Kind, _ values: PaxValues) throws(TarProblem) -> TarEntry {
        let path = try path(values)
        var entry = TarEntry(path: path, kind: isDirectory(kind, path) ? .directory : kind)
        if entry.kind == .directory { entry.path = path.withoutTrailingSlashes }
        entry.permissions = UInt16(truncatingIfNeeded: try number(TarField.mode, "mode") & 0o7777)
        entry.uid = try owner(values.uid, TarField.uid, "uid")
        entry.gid = try owner(values.gid, TarField.gid, "gid")
        if let size = values.size { entry.size = size } else { entry.size = try size() }
        if let modified = values.modified {
            entry.modified = modified
        } else {
            entry.modified = FileTime(seconds: try number(TarField.modified, "mtime"))
        }
        if kind == .hardLink || kind == .symlink { entry.linkTarget = try linkTarget(values) }
        if kind == .characterDevice || kind == .blockDevice {
            entry.deviceMajor = try device(TarField.deviceMajor, "devmajor")
            entry.deviceMinor = try device(TarField.deviceMinor, "devminor")
        }
        entry.attributes = values.attributes
        return entry
    }

    /// Before ustar a directory was a file whose name ends in a slash.
    private func isDirectory(_ kind: TarEntry.Kind, _ path: FileName) -> Bool {
        kind == .regular && path.bytes.last == UInt8(ascii: "/") && type != TarType.gnuSparse || kind == .directory
    }

    /// Of what is stored after the header.
    func size() throws(TarProblem) -> Int64 {
        let size = try number(TarField.size, "size")
        guard size >= 0 else { throw .outOfRange(field: "size") }
        return size
    }

    /// Of the file that an old GNU header stores sparsely.
    func gnuRealSize() throws(TarProblem) -> Int64 { try number(TarField.gnuSparseRealSize, "realsize") }

    /// Offsets and lengths in an old GNU sparse header and the blocks that continue it.
    func gnuSparseNumbers(continuing input: TarInput) throws -> [Int64] {
        var numbers = try block.withUnsafeBytes { try Self.sparseNumbers($0[TarField.gnuSparseMap]) }
        var isContinued = block[TarField.gnuSparseIsContinued] != 0
        while isContinued {
            guard let next = try input.nextBlock(), numbers.count < 2 * SparseMap.segmentLimit else {
                throw TarProblem.malformedSparseMap
            }
            numbers += try Self.sparseNumbers(next[TarField.gnuContinuationMap])
            isContinued = next[TarField.gnuContinuationIsContinued] != 0
        }
        return numbers
    }

    private static func sparseNumbers(_ field: UnsafeRawBufferPointer.SubSequence) throws(TarProblem) -> [Int64] {
        var numbers: [Int64] = []
        for start in stride(from: field.startIndex, to: field.endIndex, by: 12) {
            // The first empty slot ends the map.
            if (start - field.startIndex).isMultiple(of: 24), field[start] == 0 { return numbers }
            guard let number = TarNumber.parse(field[start..<start + 12]) else { throw .malformedSparseMap }
            numbers.append(number)
        }
        return numbers
    }

    private func path(_ values: PaxValues) throws(TarProblem) -> FileName {
        let path = values.sparse.name ?? values.path ?? fieldPath
        guard !path.contains(0) else { throw .nameWithNUL }
        guard !path.isEmpty else { throw .emptyName }
        return FileName(path)
    }

    private var fieldPath: [UInt8] {
        let name = text(TarField.name)
        let prefix =
            switch format {
            case .ustar: text(TarField.prefix)
            case .star: text(TarField.starPrefix)
            case .gnu, .old: [UInt8]()
            }
        return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
    }

    private func linkTarget(_ values: PaxValues) throws(TarProblem) -> FileName {
        let target = values.linkPath ?? text(TarField.linkName)
        guard !target.contains(0) else { throw .nameWithNUL }
        guard !target.isEmpty else { throw .emptyName }
        return FileName(target)
    }

    private func text(_ field: Range<Int>) -> [UInt8] { Array(block[field].prefix { $0 != 0 }) }

    private func number(_ field: Range<Int>, _ name: String) throws(TarProblem) -> Int64 {
        let number = block.withUnsafeBytes { TarNumber.parse($0[field]) }
        guard let number else { throw .invalidNumber(field: name) }
        return number
    }

    /// The largest id means "no change" to chown(2), so it is none.
    private func owner(_ value: Int64?, _ field: Range<Int>, _ name: String) throws(TarProblem) -> UInt32 {
        var number = value ?? 0
        if value == nil { number = try self.number(field, name) }
        guard (0..<Int64(UInt32.max)).contains(number) else { throw .outOfRange(field: name) }
        return UInt32(number)
    }

    private func device(_ field: Range<Int>, _ name: String) throws(TarProblem) -> UInt32 {
        let number = try number(field, name)
        guard (0...Int64(UInt32.max)).contains(number) else { throw .outOfRange(field: name) }
        return UInt32(number)
    }
}

extension FileName {
    /// `a/` as `a`, but `/` as it is.
    var withoutTrailingSlashes: FileName {
        let count = bytes.lastIndex { $0 != UInt8(ascii: "/") }.map { $0 + 1 } ?? 1
        return count == bytes.count ? self : FileName(bytes[..<count])
    }
}
