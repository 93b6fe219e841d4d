import Testing

@testable import Execution

/// Paths inside a root, with links that try to leave it.
@Suite struct PathResolverTests {
    /// Links by path; other names of the set are directories, the rest is missing.
    private static let links = [
        "/abs": "/real", "/rel": "real", "/up": "../../..", "/real/back": "..", "/dangling": "/new/file",
        "/loop": "loop",
        "/chain": "abs", "/real/deep": "/rel/x",
    ]
    private static let directories: Set<String> = ["/real", "/real/x"]

    private let resolver = PathResolver { path in
        if let target = links[path.description] { return .link(target: Array(target.utf8)) }
        return directories.contains(path.description) ? .directory : .missing
    }

    @Test(arguments: [
        ("/real/x", "/real/x"), ("/abs/x", "/real/x"), ("/rel", "/real"), ("/up/real", "/real"), ("/up", "/"),
        ("/real/back/abs", "/real"), ("/dangling", "/new/file"), ("/chain/x", "/real/x"), ("/real/deep", "/real/x"),
        ("/missing/../x", "/x"), ("/../../real", "/real"), ("", "/"), ("/real/new/er", "/real/new/er"),
    ])
    func `links are followed inside the root, also past the end of what exists`(path: String, resolved: String) throws {
        #expect(try resolver.resolve(RootPath(path)).path.description == resolved)
    }

    @Test func `the last link may be left alone`() throws {
        let resolved = try resolver.resolve(RootPath("/abs"), followsLast: false)
        #expect(resolved.path.description == "/abs")
        #expect(resolved.found == .link(target: Array("/real".utf8)))
    }

    @Test func `a link to itself is an error, not a hang`() {
        #expect(throws: ExecutionError.tooManyLinks("/loop")) { try resolver.resolve(RootPath("/loop")) }
    }
}
