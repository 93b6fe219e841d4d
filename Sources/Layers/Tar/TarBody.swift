/// What is left of the content of the member that the reader is at.
struct TarBody {
    private var segments: [SparseMap.Segment] = []
    private var next = 0
    private var position: Int64 = 0
    private var realSize: Int64 = 0
    private var stored: Int64 = 0
    private var isDone = true

    /// No content.
    init() {}

    init(size: Int64) {
        realSize = size
        stored = size
        segments = [SparseMap.Segment(offset: 0, length: size)]
        isDone = false
    }

    init(_ map: SparseMap) {
        segments = map.segments
        realSize = map.realSize
        stored = map.segments.reduce(0) { $0 + $1.length }
        isDone = false
    }

    mutating func read(from input: TarInput, _ take: (TarContent) throws -> Void) throws {
        guard !isDone else { return }
        isDone = true
        for segment in segments {
            try hole(to: segment.offset, take)
            var rest = segment.length
            while rest > 0 {
                let piece = try input.nextPiece(rest)
                rest -= Int64(piece.count)
                try take(.bytes(piece))
            }
            position = segment.offset + segment.length
        }
        try hole(to: realSize, take)
        try input.skip(Int64(TarField.padding(after: stored)))
    }

    private mutating func hole(to offset: Int64, _ take: (TarContent) throws -> Void) throws {
        if offset > position { try take(.hole(offset - position)) }
        position = offset
    }
}

extension SparseMap {
    /// The map before the content of a PAX 1.0 sparse member: decimal numbers, a line each, filled up to a whole block.
    /// Returns offsets and lengths and how many bytes they took.
    static func readNumbers(from input: TarInput, limit: Int64) throws -> (numbers: [Int64], length: Int64) {
        var numbers: [Int64] = []
        var count: Int64?
        var length: Int64 = 0
        var digits: [UInt8] = []
        while count.map({ numbers.count < 2 * Int($0) }) ?? true {
            guard length < limit, let block = try input.nextBlock() else { throw TarProblem.malformedSparseMap }
            length += Int64(block.count)
            for byte in block where count.map({ numbers.count < 2 * Int($0) }) ?? true {
                guard byte == UInt8(ascii: "\n") || digits.count > 20 else {
                    digits.append(byte)
                    continue
                }
                guard let number = PaxRecord.parseDecimal(digits) else { throw TarProblem.malformedSparseMap }
                digits = []
                if count != nil { numbers.append(number) } else { count = number }
                if number > SparseMap.segmentLimit, numbers.isEmpty { throw TarProblem.malformedSparseMap }
            }
        }
        return (numbers, length)
    }
}
