internal import FileSystem
internal import Glibc

/// The umask: which permission bits the kernel takes from new files. Read without changing it, since others make files too.
public enum ProcessMask {
    /// If it cannot be read, all bits are taken for granted to be cut.
    private static let value: UInt16 = {
        guard let text = try? OpenFile.open("/proc/self/status", .read).readAll(limit: 64 << 10),
            let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first(where: {
                $0.hasPrefix("Umask:")
            })
        else { return 0o777 }
        return UInt16(line.drop { !$0.isNumber }, radix: 8) ?? 0o777
    }()

    /// Whether a new file gets exactly these permissions without a further call.
    public static func leaves(_ permissions: UInt16) -> Bool {
        permissions & (value | 0o7000) == 0
    }
}
