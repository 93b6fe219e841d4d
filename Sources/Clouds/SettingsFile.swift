internal import FileSystem

/// Files in which clouds' tools leave what they know.
enum SettingsFile {
    /// The text of a file; nil if there is none. Throws `file` for one that cannot be read.
    static func text(_ path: String) throws(CloudError) -> String? {
        do {
            guard let bytes = try HostFiles.ofProcess.open(path, [.read]).readAll(limit: 1 << 20) else {
                throw CloudError.file(path: path, reason: "it is longer than a MiB")
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw CloudError.file(path: path, reason: "it is not text in UTF-8")
            }
            return text
        } catch let error as CloudError {
            throw error
        } catch let error as SystemError {
            if error.isNotFound { return nil }
            throw .file(path: path, reason: "\(error)")
        } catch {
            throw .file(path: path, reason: "it cannot be read")
        }
    }

    /// The same of a file that a setting names, which has to be there.
    static func text(_ path: String, namedBy setting: String) throws(CloudError) -> String {
        guard let text = try text(path) else {
            throw .file(path: path, reason: "\(setting) names it, and it is not there")
        }
        return text
    }

    /// Without the blanks and newlines at its ends.
    static func trimmed(_ text: some StringProtocol) -> String {
        let isBlank: (Character) -> Bool = { $0.isWhitespace }
        let rest = text.drop(while: isBlank)
        return String(rest.reversed().drop(while: isBlank).reversed())
    }
}
