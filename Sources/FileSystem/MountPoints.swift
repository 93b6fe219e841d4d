/// Where file systems are mounted, see proc_pid_mountinfo(5).
public enum MountPoints {
    private static let longest = 16 << 20

    /// Absolute paths, but for the root.
    public static func ofThisProcess() throws(SystemError) -> [String] {
        parse(try OpenFile.open("/proc/self/mountinfo", .read).readAll(limit: longest) ?? [])
    }

    static func parse(_ text: [UInt8]) -> [String] {
        text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "))
            return fields.count > 4 ? String(decoding: unescaped(fields[4]), as: UTF8.self) : nil
        }.filter { $0 != "/" }
    }

    /// Space, tab, newline and backslash are there as a backslash and three octal digits.
    private static func unescaped(_ field: some Collection<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(field)[...]
        while let byte = rest.first {
            let digits = String(decoding: rest.dropFirst().prefix(3), as: UTF8.self)
            let code = byte == UInt8(ascii: "\\") ? UInt8(digits, radix: 8) : nil
            bytes.append(code ?? byte)
            rest = rest.dropFirst(code == nil ? 1 : 4)
        }
        return bytes
    }
}
