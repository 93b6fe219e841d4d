import FileSystem
import Glibc

/// Numbers that a worker and its campaign share, in a file: what the worker was at is known also when it is dead.
final class Progress {
    enum Number: Int, CaseIterable {
        /// The input that is being run.
        case round
        case accepted, refused
        /// In bytes.
        case peakMemory
    }

    private static let size = Number.allCases.count * 8
    private let numbers: UnsafeMutablePointer<Int64>

    init(_ path: String) throws {
        let file = try OpenFile.open(path, [.readWrite, .create], mode: 0o600)
        try file.truncate(to: Int64(Self.size))
        guard let address = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0), address != MAP_FAILED
        else { throw SystemError(call: "mmap", code: errno, path: path) }
        numbers = address.assumingMemoryBound(to: Int64.self)
    }

    deinit { munmap(numbers, Self.size) }

    subscript(number: Number) -> Int {
        get { Int(numbers[number.rawValue]) }
        set { numbers[number.rawValue] = Int64(newValue) }
    }
}
