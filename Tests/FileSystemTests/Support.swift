import FileSystem
import TestSupport

extension TestFolder {
    func open() throws -> OpenFile { try OpenFile.open(path, [.read, .directory]) }
}

extension OpenFile {
    @discardableResult
    func make(_ name: FileName, _ text: String = "") throws -> OpenFile {
        let file = try open(name, [.readWrite, .create, .exclusive], mode: 0o644)
        try file.writeAll(Array(text.utf8))
        return file
    }

    func text(_ name: FileName) throws -> String? {
        try open(name, .read).readAll(limit: 1 << 20).map { String(decoding: $0, as: UTF8.self) }
    }
}
