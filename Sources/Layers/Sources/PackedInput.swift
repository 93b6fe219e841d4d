/// Packed bytes on their way into a decompressor: a window that is filled from a source.
final class PackedInput {
    private let upstream: any ByteSource
    private let storage: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private(set) var isAtEnd = false

    init(_ upstream: any ByteSource, capacity: Int = 128 << 10) {
        self.upstream = upstream
        storage = .allocate(byteCount: capacity, alignment: 4096)
    }

    deinit { storage.deallocate() }

    /// What was read and not consumed. Empty only when nothing was read, or at the end.
    var window: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: storage[start..<end]) }

    var isEmpty: Bool { start == end }

    func consume(_ count: Int) { start += count }

    /// Reads if the window is empty; false at the end of the source.
    func fillIfEmpty() throws -> Bool {
        if isEmpty { try fill() }
        return !isEmpty
    }

    /// Reads until the window is as large as the capacity, or the source ends.
    func fillWhole() throws {
        storage.copyMemory(from: UnsafeRawBufferPointer(window))
        (start, end) = (0, end - start)
        while !isAtEnd, end < storage.count { try readMore() }
    }

    private func fill() throws {
        (start, end) = (0, 0)
        if !isAtEnd { try readMore() }
    }

    private func readMore() throws {
        let count = try upstream.read(into: UnsafeMutableRawBufferPointer(rebasing: storage[end...]))
        if count == 0 { isAtEnd = true }
        end += count
    }
}
