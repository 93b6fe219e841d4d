import DockerfileFrontend
import Testing

/// Whole files, each a folder in Fixtures.
@Suite struct CaseTests {
    @Test(arguments: Case.all(in: "parse"))
    func `a file is parsed`(_ testCase: Case) throws {
        try testCase.expect(dump(try testCase.dockerfile()), in: "expected.txt")
    }

    @Test(arguments: Case.all(in: "graph"))
    func `a target's stages are found`(_ testCase: Case) throws {
        try testCase.expect(dump(try testCase.graph()), in: "expected.txt")
    }

    @Test(arguments: Case.all(in: "invalid"))
    func `a fault is reported with its lines`(_ testCase: Case) throws {
        let error = #expect(throws: DockerfileErrors.self) { try testCase.graph() }
        try testCase.expect(error?.description ?? "no error", in: "error.txt")
    }

    @Test func `there are cases`() {
        for group in ["parse", "graph", "invalid"] { #expect(!Case.all(in: group).isEmpty) }
    }
}
