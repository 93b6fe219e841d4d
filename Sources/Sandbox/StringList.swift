/// A list of C strings that ends in NULL, as execve takes it.
typealias CStringList = UnsafePointer<UnsafePointer<CChar>?>

/// Lists of C strings, for the length of a call. Throws `containsNUL` and what `body` throws.
func withCStringLists<Result>(_ lists: [[String]], _ body: ([CStringList]) throws -> Result) throws -> Result {
    if let bad = lists.joined().first(where: { $0.utf8.contains(0) }) { throw SandboxError.containsNUL(bad) }
    let bytes = lists.joined().flatMap { string in string.utf8CString }
    return try bytes.withUnsafeBufferPointer { buffer in
        var next = buffer.baseAddress
        var pointers: [UnsafePointer<CChar>?] = []
        var starts: [Int] = []
        for list in lists {
            starts.append(pointers.count)
            for string in list {
                pointers.append(next)
                next = next?.advanced(by: string.utf8.count + 1)
            }
            pointers.append(nil)
        }
        return try pointers.withUnsafeBufferPointer { all in
            try body(starts.compactMap { all.baseAddress?.advanced(by: $0) })
        }
    }
}
