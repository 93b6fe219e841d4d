internal import FileSystem
internal import Glibc
internal import Jobs

/// A folder from which small text files are read, and nothing outside of it.
struct ReadingRoot {
    /// Largest Dockerfile and ignore file, in bytes.
    private static let sizeLimit = 4 << 20

    private let path: String
    private let folder: OpenFile
    /// What messages show before a path; nil for the path on the disk.
    private let name: String?

    /// Messages show paths from the second folder.
    init(_ path: String, shownFrom shownFolder: String) throws(JobFailure) {
        let place = path == shownFolder ? "" : Self.relative(path, to: shownFolder)
        try self.init(path, name: place)
    }

    /// Messages show paths behind a name.
    init(_ path: String, shownAs name: String) throws(JobFailure) { try self.init(path, name: name) }

    private init(_ path: String, name: String?) throws(JobFailure) {
        self.path = path
        self.name = name
        do {
            folder = try OpenFile.open(path, [.pathOnly, .directory])
        } catch {
            throw .unreadable("\(error)")
        }
    }

    /// The text of a file; nil if there is none of that name.
    func text(of relative: String) throws(JobFailure) -> String? {
        guard let bytes = try bytes(of: relative) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .unreadable("\(shown(relative)): \(Refusal.notUTF8)")
        }
        return text
    }

    /// The content of a file; nil if there is none of that name.
    func bytes(of relative: String) throws(JobFailure) -> [UInt8]? {
        do {
            let file = try folder.openBeneath(FileName(relative), [.read, .nonBlocking])
            return try bytes(in: file)
        } catch let error as SystemError {
            if error.isNotFound { return nil }
            throw .unreadable(
                "\(shown(relative)): \(error.code == EXDEV ? "the link leads out of its folder" : "\(error)")")
        } catch {
            throw .unreadable("\(shown(relative)): \(error)")
        }
    }

    /// A normalised path as seen from here; nil if it is not below.
    func relative(_ whole: String) -> String? { Self.relative(whole, to: path) }

    func shown(_ relative: String) -> String {
        guard let name else { return "\(path)/\(relative)" }
        return name.isEmpty ? relative : "\(name)/\(relative)"
    }

    /// What there is instead of a file that is missing.
    func listing() throws(JobFailure) -> String {
        let most = 12
        do {
            let names = try folder.open(".", [.read, .directory]).entries().map(\.name.description).sorted()
            if names.isEmpty { return "the context is empty" }
            let more = names.count > most ? ", and \(names.count - most) more" : ""
            return "at its root are \(names.prefix(most).joined(separator: ", "))\(more)"
        } catch {
            throw .unreadable("\(shown(".")): \(error)")
        }
    }

    private static func relative(_ whole: String, to folder: String) -> String? {
        whole.hasPrefix(folder + "/")
            ? String(decoding: whole.utf8.dropFirst(folder.utf8.count + 1), as: UTF8.self) : nil
    }

    private enum Refusal: Error, CustomStringConvertible {
        case notRegular, tooLarge, notUTF8

        var description: String {
            switch self {
            case .notRegular: "it is no regular file"
            case .tooLarge: "it is larger than \(sizeLimit >> 20) MiB"
            case .notUTF8: "it is not UTF-8"
            }
        }
    }

    private func bytes(in file: OpenFile) throws -> [UInt8] {
        guard try file.status().kind == .regular else { throw Refusal.notRegular }
        guard let bytes = try file.readAll(limit: Self.sizeLimit) else { throw Refusal.tooLarge }
        return bytes
    }
}

extension JobFailure {
    static func unreadable(_ text: String) -> JobFailure {
        JobFailure(class: .context, message: text, summary: text)
    }
}
