internal import FileSystem
internal import Jobs
internal import Planning

extension PlannedSecret {
    /// As BuildKit's.
    private static let sizeLimit = 500 << 10

    /// The secret in a file in memory. Blocks. No error says more than where it should be.
    func sealed(variable: (String) -> [UInt8]?) throws -> OpenFile {
        switch source {
        case .environment(let name):
            guard let bytes = variable(name) else { throw failure("the environment variable \(name) is not set") }
            guard bytes.count <= Self.sizeLimit else { throw tooLarge("the environment variable \(name)") }
            return try OpenFile.sealed(bytes)
        case .file(let path): return try OpenFile.sealed(try read(path))
        }
    }

    private func read(_ path: String) throws -> [UInt8] {
        do {
            let file = try HostFiles.ofProcess.open(path, [.read, .nonBlocking])
            guard let bytes = try file.readAll(limit: Self.sizeLimit) else { throw tooLarge(path) }
            return bytes
        } catch let error as SystemError {
            throw failure(error.isNotFound ? "\(path) does not exist" : "\(error)")
        }
    }

    private func tooLarge(_ what: String) -> JobFailure {
        failure("\(what) is larger than \(Self.sizeLimit >> 10) KiB")
    }

    private func failure(_ reason: String) -> JobFailure {
        let text = "secret \"\(id)\": \(reason)"
        return JobFailure(class: .context, message: text, summary: text)
    }
}
