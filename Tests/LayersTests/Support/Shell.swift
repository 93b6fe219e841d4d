import Glibc

/// What a command of the machine printed, and how it ended.
struct Shell {
    let output: String
    let status: Int32

    /// Runs a line by sh; what it writes to standard error is in the output too.
    init(_ line: String) {
        guard let pipe = popen("{ \(line)\n} 2>&1", "r") else {
            output = "popen failed"
            status = -1
            return
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&chunk, 1, chunk.count, pipe)
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        status = (pclose(pipe) >> 8) & 0xff
        output = String(decoding: bytes, as: UTF8.self)
    }

    var lines: [String] { output.split(separator: "\n").map(String.init) }
}
