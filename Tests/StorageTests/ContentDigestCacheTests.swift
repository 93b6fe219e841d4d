import FileSystem
import Glibc
import OCI
import Storage
import SystemPackage
import TestSupport
import Testing

@Suite struct ContentDigestCacheTests {
    let store: TestStore
    let scratch: TestFolder
    let context: OpenFile

    init() throws {
        store = try TestStore()
        scratch = try TestFolder()
        context = try OpenFile.open(scratch.path, [.read, .directory])
    }

    private func cache() throws -> ContentDigestCache {
        try ContentDigestCache(store.state, context: scratch.path)
    }

    private func make(_ name: FileName, _ text: String) throws {
        try context.open(name, [.write, .create, .truncate]).writeAll(Array(text.utf8))
    }

    /// A file that changed just now is not remembered.
    private func settle() { usleep(50_000) }

    /// Which digest the cache gives, and whether it read the file for it.
    private func digest(_ name: FileName, _ cache: ContentDigestCache) throws -> (Digest, isRead: Bool) {
        var isRead = false
        let digest = try cache.digest(of: context.status(of: name)) {
            isRead = true
            return try context.open(name, .read)
        }
        return (digest, isRead)
    }

    @Test func `an unchanged file is read once`() throws {
        try make("f", "abc")
        settle()
        let first = try cache()
        #expect(try digest("f", first) == (Digest(of: "abc".utf8), isRead: true))
        #expect(try digest("f", first) == (Digest(of: "abc".utf8), isRead: false))
        try first.save()
        #expect(try digest("f", cache()) == (Digest(of: "abc".utf8), isRead: false))
    }

    @Test func `a file that changed a moment ago is read again`() throws {
        let cache = try cache()
        try make("f", "abc")
        _ = try digest("f", cache)
        #expect(try digest("f", cache).isRead)
    }

    @Test func `a change of the same size with the old time is seen`() throws {
        try make("f", "abc")
        settle()
        let first = try cache()
        _ = try digest("f", first)
        try first.save()
        let time = try context.status(of: "f").modified
        try make("f", "xyz")
        try context.setTimes(of: "f", modified: time)
        settle()
        #expect(try digest("f", cache()) == (Digest(of: "xyz".utf8), isRead: true))
    }

    @Test func `what two builds learned of one context is kept from both`() throws {
        try make("a", "1")
        try make("b", "2")
        settle()
        let (first, second) = (try cache(), try cache())
        _ = try digest("a", first)
        _ = try digest("b", second)
        try first.save()
        try second.save()
        let third = try cache()
        #expect(try !digest("a", third).isRead)
        #expect(try !digest("b", third).isRead)
    }

    @Test func `nothing is written when nothing was learned`() throws {
        try make("f", "abc")
        settle()
        let first = try cache()
        _ = try digest("f", first)
        try first.save()
        let path = "\(store.state.cache)/content/*"
        let before = Shell("stat -c %i \(path)").output
        let second = try cache()
        _ = try digest("f", second)
        try second.save()
        #expect(Shell("stat -c %i \(path)").output == before)
        #expect(Shell("stat -c %s \(path)").output == "\(32 + 88 + 32)\n")
    }

    @Test(arguments: [
        "truncate -s -1", "truncate -s 0", "truncate -s 64", "sed -i s/build-all/build-alt/", "printf x >",
    ])
    func `a damaged file is taken for empty`(damage: String) throws {
        try make("f", "abc")
        settle()
        let first = try cache()
        _ = try digest("f", first)
        try first.save()
        Shell("for f in '\(store.state.cache)'/content/*; do \(damage) \"$f\"; done")
        #expect(try digest("f", cache()) == (Digest(of: "abc".utf8), isRead: true))
    }

    @Test func `many files are digested at once, in order`() throws {
        for number in 0..<200 { try make(FileName("f\(number)"), "text \(number % 50)") }
        settle()
        let files = try (0..<200).map {
            ContentFile(path: FileName("f\($0)"), status: try context.status(of: FileName("f\($0)")))
        }
        let first = try cache()
        let expected = (0..<200).map { Digest(of: "text \($0 % 50)".utf8) }
        #expect(try first.digests(of: files, below: context) == expected)
        try first.save()
        Shell("find '\(scratch.path)' -type f -delete")
        #expect(try cache().digests(of: files, below: context) == expected)
    }

    @Test func `a file that is gone meanwhile is an error`() throws {
        try make("f", "abc")
        let file = ContentFile(path: "f", status: try context.status(of: "f"))
        try context.unlink("f")
        let error = #expect(throws: SystemError.self) { try cache().digests(of: [file], below: context) }
        #expect(error?.isNotFound == true)
    }
}
