import Glibc

/// A folder of a test's own, removed with the last reference.
public final class TestFolder: Sendable {
    public let path: String

    /// Below `parent`, which decides the file system.
    public init(in parent: String = "/tmp") throws {
        var template = Array("\(parent)/build-all-test.XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw TestFolderError(parent: parent, code: errno) }
        path = String(cString: made)
    }

    deinit {
        Shell("chmod -R u+rwx '\(path)'; rm -rf '\(path)'")
    }

    public func path(_ name: String) -> String { "\(path)/\(name)" }

    /// A shell script that can be started at once. Another process writes it: one that this process has open for writing
    /// may be inherited by a child that another test starts at that moment, and is "busy" for as long.
    @discardableResult
    public func addProgram(_ name: String, _ script: String) -> String {
        let path = path(name)
        let result = Shell("cat >'\(path)' <<'END OF SCRIPT'\n#!/bin/sh\n\(script)\nEND OF SCRIPT\nchmod 755 '\(path)'")
        precondition(result.status == 0, "\(path): \(result.output)")
        return path
    }
}

public struct TestFolderError: Error {
    let parent: String
    let code: Int32
}

/// What a command line printed, on both its outputs, and how it ended.
public struct Shell {
    public let output: String
    public let status: Int32

    @discardableResult
    public init(_ line: String) {
        guard let pipe = popen("{ \(line)\n} 2>&1", "re") else {
            output = "popen: \(String(cString: strerror(errno)))"
            status = -1
            return
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = fread(&chunk, 1, chunk.count, pipe), count > 0 { bytes += chunk[..<count] }
        status = (pclose(pipe) >> 8) & 0xff
        output = String(decoding: bytes, as: UTF8.self)
    }

    public var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// What the user who runs the tests may do.
public enum Privilege {
    public static let isRoot = geteuid() == 0
}
