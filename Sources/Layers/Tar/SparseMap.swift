/// Where a sparse member has data; what lies between is holes.
struct SparseMap: Equatable {
    struct Segment: Equatable {
        var offset: Int64
        var length: Int64
    }

    /// More than any real file has, so that a header cannot fill the memory.
    static let segmentLimit = 1 << 18

    private(set) var segments: [Segment] = []
    /// The size of the file with its holes.
    let realSize: Int64

    /// Offsets and lengths in turn. They must rise, not overlap, fit the size and add up to what is stored.
    init(numbers: [Int64], realSize: Int64, storedSize: Int64) throws(TarProblem) {
        guard numbers.count.isMultiple(of: 2), realSize >= 0 else { throw .malformedSparseMap }
        self.realSize = realSize
        var end: Int64 = 0
        var stored: Int64 = 0
        for place in stride(from: 0, to: numbers.count, by: 2) {
            let segment = Segment(offset: numbers[place], length: numbers[place + 1])
            guard segment.offset >= end, segment.length >= 0, segment.offset <= realSize,
                segment.length <= realSize - segment.offset
            else { throw .malformedSparseMap }
            end = segment.offset + segment.length
            stored += segment.length
            if segment.length > 0 { segments.append(segment) }
        }
        guard stored == storedSize else { throw .malformedSparseMap }
    }
}

/// GNU's sparse members in PAX headers, versions 0.0, 0.1 and 1.0.
///
/// https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html
struct PaxSparse {
    private(set) var numbers: [Int64] = []
    private(set) var realSize: Int64?
    private(set) var name: [UInt8]?
    private var major: Int64?

    /// Whether the map stands before the content (1.0).
    var isMapInContent: Bool { major == 1 }

    /// Whether the headers named a sparse file at all.
    var isPresent: Bool { realSize != nil }

    mutating func apply(_ record: PaxRecord) throws(TarProblem) {
        switch String(decoding: record.key, as: UTF8.self) {
        case "GNU.sparse.major": major = try number(record.value)
        case "GNU.sparse.size", "GNU.sparse.realsize": realSize = try number(record.value)
        case "GNU.sparse.name": name = record.value.isEmpty ? nil : record.value
        case "GNU.sparse.offset", "GNU.sparse.numbytes": numbers.append(try number(record.value))
        case "GNU.sparse.map":
            numbers = []
            if record.value.isEmpty { return }
            for part in record.value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
                numbers.append(try number(Array(part)))
            }
        default: return
        }
        if numbers.count > 2 * SparseMap.segmentLimit { throw .malformedSparseMap }
    }

    private func number(_ text: [UInt8]) throws(TarProblem) -> Int64 {
        guard let number = PaxRecord.parseDecimal(text) else { throw .malformedSparseMap }
        return number
    }
}
