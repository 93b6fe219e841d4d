/// The files of a step's sources with what of each reaches the image, as a short digest: made only when it is to be kept or
/// compared, for a context may have many thousand files.
struct FileListing: Sendable {
    /// Path in the context, and digest.
    typealias Files = [[UInt8]: UInt64]

    let files: @Sendable () -> Files

    /// All files of some listings as the text that is kept: 16 hexadecimal digits, the path, and NUL, for each.
    static func encoded(_ listings: [FileListing]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (path, digest) in all(listings) {
            let digits = String(digest, radix: 16)
            bytes += Array(String(repeating: "0", count: 16 - digits.utf8.count).utf8) + Array(digits.utf8)
            bytes += path + [0]
        }
        return bytes
    }

    /// What is no listing has no files.
    static func decoded(_ bytes: [UInt8]) -> Files {
        var files: Files = [:]
        for line in bytes.split(separator: 0) where line.count > 16 {
            guard let digest = UInt64(String(decoding: line.prefix(16), as: UTF8.self), radix: 16) else { continue }
            files[Array(line.dropFirst(16))] = digest
        }
        return files
    }

    static func all(_ listings: [FileListing]) -> Files {
        listings.reduce(into: [:]) { files, listing in files.merge(listing.files()) { $1 } }
    }

    /// FNV-1a: it tells files apart for people, and nothing hangs on it.
    static func shortDigest(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
