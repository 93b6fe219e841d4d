import DockerfileFrontend
import Testing

@Suite struct StageGraphTests {
    private func graph(_ text: String, folders: Set<String> = []) throws -> StageGraph {
        let file = try Dockerfile(parsing: text)
        let platform = PlatformValues(os: "linux", architecture: "amd64")
        let scope = try GlobalScope(file, targetPlatform: platform)
        return try StageGraph(file, scope: scope, namedContexts: folders, folderContexts: folders)
    }

    @Test func `a folder stands in for a stage: it is read, not built`() throws {
        let graph = try graph(
            "FROM base AS source\nRUN never\nFROM scratch\nCOPY --from=source a /\nCOPY --from=0 b /\n",
            folders: ["source"])
        #expect(graph.stages.map(\.index) == [1])
        #expect(graph.stages[0].copySources == [0: .context("source"), 1: .context("source")])
        #expect(!graph.readsContext)
    }

    @Test func `a stage on a folder begins with a copy of it`() throws {
        let graph = try graph("FROM files\nCOPY --from=files a /\nRUN own\n", folders: ["files"])
        #expect(graph.stages[0].base == .scratch)
        #expect(graph.stages[0].instructions.map(\.text) == ["COPY . /", "COPY --from=files a /", "RUN own"])
        #expect(graph.stages[0].copySources == [0: .context("files"), 1: .context("files")])
        #expect(!graph.readsContext)
    }

    @Test func `triggers of a base image run first and may need more stages`() throws {
        let graph = try graph("FROM a AS tools\nFROM b AS unused\nFROM c\nRUN own\n")
        #expect(graph.stages.map(\.index) == [2])
        let more = try graph.adding(triggers: ["COPY --from=tools /x /", "RUN y"], to: 2)
        #expect(more.stages.map(\.index) == [0, 2])
        #expect(more.stages[1].instructions.map(\.text) == ["COPY --from=tools /x /", "RUN y", "RUN own"])
        #expect(more.stages[1].instructions.map(\.lines) == [3...3, 3...3, 4...4])
        #expect(more.stages[1].copySources == [0: .stage(0)])
    }

    @Test(arguments: [
        ("", "onbuild trigger should be a single expression"),
        ("RUN a\nRUN b", "onbuild trigger should be a single expression"),
        ("FROM x", "FROM isn't allowed as an ONBUILD trigger"),
        ("RUN <<E\nbody", "unterminated heredoc"),
        ("COPY --from=9 a b", "invalid stage index 9"),
    ])
    func `a bad trigger is an error at the FROM line`(text: String, message: String) throws {
        let graph = try graph("FROM a\n\nFROM c\nRUN own\n")
        let error = #expect(throws: DockerfileErrors.self) { try graph.adding(triggers: [text], to: 1) }
        #expect(error?.message == message)
        #expect(error?.errors.map(\.lines) == [3...3])
    }

    @Test func `a name is looked up as COPY --from does`() throws {
        let graph = try graph("FROM a AS one\nFROM b AS two\n")
        let two = graph.dockerfile.stages[1]
        #expect(try graph.source(named: "ONE", in: two) == .stage(0))
        #expect(try graph.source(named: "0", in: two) == .stage(0))
        #expect(try graph.source(named: "debian:12", in: two) == .image("debian:12"))
        #expect(throws: DockerfileFault.invalidStageIndex("2")) { try graph.source(named: "2", in: two) }
    }

    @Test func `many stages need no deep stack`() throws {
        let text = "FROM a AS s0\n" + (1..<5000).map { "FROM s\($0 - 1) AS s\($0)\nCOPY --from=s0 / /\n" }.joined()
        #expect(try graph(text).stages.count == 5000)
    }
}
