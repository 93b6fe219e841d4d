internal import CLinux
internal import Glibc

/// Files with holes: parts that were never written, read as zeros and take no room (lseek(2)).
extension OpenFile {
    /// The next part at or after an offset that is stored; nil if only a hole follows. Its end may be the file's or lie
    /// beyond it: a file system that knows no holes says that all is stored. Moves the position.
    public func nextStored(from offset: Int64) throws(SystemError) -> Range<Int64>? {
        do throws(SystemError) {
            let start = try seek(offset, clinux_seek_data)
            return start..<(try seek(start, clinux_seek_hole))
        } catch {
            if error.code == ENXIO { return nil }
            if error.code == EINVAL { return offset..<Int64.max }
            throw error
        }
    }

    /// Moves the position on. Where nothing is written there will be a hole.
    public func skip(_ count: Int64) throws(SystemError) {
        if count > 0 { try seek(count, SEEK_CUR) }
    }

    @discardableResult
    func seek(_ offset: Int64, _ whence: Int32) throws(SystemError) -> Int64 {
        Int64(try check("lseek", nil) { lseek(fd, Int(offset), whence) })
    }
}
