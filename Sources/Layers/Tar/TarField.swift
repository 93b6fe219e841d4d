/// Where a tar header keeps what: offsets in its block of 512 bytes.
///
/// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06
enum TarField {
    static let blockSize = 512

    static let name = 0..<100
    static let mode = 100..<108
    static let uid = 108..<116
    static let gid = 116..<124
    static let size = 124..<136
    static let modified = 136..<148
    static let checksum = 148..<156
    static let type = 156
    static let linkName = 157..<257
    static let magic = 257..<263
    static let version = 263..<265
    static let deviceMajor = 329..<337
    static let deviceMinor = 337..<345
    static let prefix = 345..<500

    // GNU's old format.
    static let gnuSparseMap = 386..<482
    static let gnuSparseIsContinued = 482
    static let gnuSparseRealSize = 483..<495
    static let gnuContinuationMap = 0..<504
    static let gnuContinuationIsContinued = 504

    // Schilling's star.
    static let starPrefix = 345..<476
    static let starTrailer = 508..<512

    /// The bytes that fill up content of this size to whole blocks.
    static func padding(after size: Int64) -> Int {
        Int((512 - (size & 511)) & 511)
    }
}

/// The type flags of tar headers.
enum TarType {
    static let oldRegular: UInt8 = 0
    static let regular = UInt8(ascii: "0")
    static let hardLink = UInt8(ascii: "1")
    static let symlink = UInt8(ascii: "2")
    static let characterDevice = UInt8(ascii: "3")
    static let blockDevice = UInt8(ascii: "4")
    static let directory = UInt8(ascii: "5")
    static let fifo = UInt8(ascii: "6")
    static let contiguous = UInt8(ascii: "7")
    static let paxLocal = UInt8(ascii: "x")
    static let paxGlobal = UInt8(ascii: "g")
    static let gnuLongName = UInt8(ascii: "L")
    static let gnuLongLink = UInt8(ascii: "K")
    static let gnuSparse = UInt8(ascii: "S")
    static let gnuVolumeLabel = UInt8(ascii: "V")
    static let gnuDirectory = UInt8(ascii: "D")
}

extension TarEntry.Kind {
    var typeFlag: UInt8 {
        switch self {
        case .regular: TarType.regular
        case .hardLink: TarType.hardLink
        case .symlink: TarType.symlink
        case .characterDevice: TarType.characterDevice
        case .blockDevice: TarType.blockDevice
        case .directory: TarType.directory
        case .fifo: TarType.fifo
        }
    }

    /// Nil for a flag that names no kind of file.
    init?(typeFlag: UInt8) {
        switch typeFlag {
        case TarType.oldRegular, TarType.regular, TarType.contiguous, TarType.gnuSparse: self = .regular
        case TarType.hardLink: self = .hardLink
        case TarType.symlink: self = .symlink
        case TarType.characterDevice: self = .characterDevice
        case TarType.blockDevice: self = .blockDevice
        case TarType.directory, TarType.gnuDirectory: self = .directory
        case TarType.fifo: self = .fifo
        default: return nil
        }
    }
}
