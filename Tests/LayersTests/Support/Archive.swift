import FileSystem
import Layers

/// Members with their content, to write and to compare.
struct Member: Equatable, CustomStringConvertible {
    var entry: TarEntry
    var content: [UInt8] = []

    init(_ entry: TarEntry, _ content: [UInt8] = []) {
        self.entry = entry
        self.content = content
        if entry.kind == .regular { self.entry.size = Int64(content.count) }
    }

    var description: String { "\(entry.kind) \(entry.path) \(content.count)" }
}

enum Archive {
    static func bytes(_ members: [Member]) throws -> [UInt8] {
        let sink = MemorySink()
        var writer = TarWriter(to: sink)
        for member in members {
            try writer.add(member.entry)
            try member.content.withUnsafeBytes { try writer.addContent($0) }
        }
        try writer.finish()
        return sink.bytes
    }

    /// All members; content is only kept up to `limit` bytes each.
    static func members(_ source: any ByteSource, limit: Int = 1 << 24) throws -> [Member] {
        var reader = TarReader(source)
        var members: [Member] = []
        while let entry = try reader.next() {
            var content: [UInt8] = []
            try reader.readContent { piece in
                switch piece {
                case .bytes(let bytes): content += bytes.prefix(limit - content.count)
                case .hole(let count): content += [UInt8](repeating: 0, count: min(Int(count), limit - content.count))
                }
            }
            var member = Member(entry)
            member.entry.size = entry.size
            member.content = content
            members.append(member)
        }
        return members
    }

    static func members(_ bytes: [UInt8]) throws -> [Member] { try members(MemorySource(bytes)) }
}
