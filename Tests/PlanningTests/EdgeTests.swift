import Jobs
import Manifest
import OCI
import Planning
import Testing

@Suite struct EdgeTests {
    /// A batch of inline Dockerfiles: `name: text`.
    private func batch(head: String = "", _ images: KeyValuePairs<String, String>) throws -> Project {
        let entries = images.map { name, text in
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { "      \($0)" }
            return "  \(name):\n    inline: |\n\(lines.joined(separator: "\n"))"
        }
        return try Project(["manifest.yaml": "version: 1\n\(head)images:\n\(entries.joined(separator: "\n"))\n"])
    }

    @Test(arguments: [
        ("FROM a", ["b needs a: FROM a, line 1"]),
        ("FROM a:latest", ["b needs a: FROM a:latest, line 1"]),
        ("FROM docker.io/library/a", ["b needs a: FROM docker.io/library/a, line 1"]),
        ("FROM a:other", []),
        ("FROM other.example.com/a", []),
        ("FROM a@sha256:\(String(repeating: "0", count: 64))", []),
        ("FROM scratch", []),
        // Only the stages that are reached.
        ("FROM a AS x\nFROM scratch", []),
        ("FROM scratch AS x\nFROM x\nCOPY --from=a /f /", ["b needs a: COPY --from a, line 3"]),
        ("FROM a AS x\nFROM scratch\nCOPY --from=x / /", ["b needs a: FROM a, line 1"]),
        // A stage wins over an image of its name.
        ("FROM scratch AS a\nFROM a", []),
        ("ARG V=latest\nFROM a:$V", ["b needs a: FROM a:latest, line 2"]),
        ("ARG V=other\nFROM a:$V", []),
        ("FROM a\nCOPY --from=a /f /", ["b needs a: FROM a, line 1; COPY --from a, line 2"]),
        ("FROM --platform=linux/s390x a", []),
        ("FROM scratch\nRUN --mount=from=a,target=/x x", ["b needs a: RUN --mount from a, line 2"]),
        (
            "FROM scratch\nRUN --mount=type=cache,from=a:latest,target=/x --mount=from=a:other,target=/y x",
            ["b needs a: RUN --mount from a:latest, line 2"]
        ),
    ])
    func `references to another image of the batch are edges`(dockerfile: String, edges: [String]) throws {
        let project = try batch(["a": "FROM scratch", "b": dockerfile])
        #expect(try project.plan().edges == edges)
    }

    @Test func `with a registry only whole references are edges`() throws {
        let project = try batch(
            head: "registry: r.example.com/base\n",
            ["a": "FROM a", "b": "FROM r.example.com/base/a", "c": "FROM docker.io/library/a"])
        #expect(try project.plan().edges == ["b needs a: FROM r.example.com/base/a, line 1"])
    }

    @Test func `a tag with a slash is found where it will be pushed`() throws {
        let project = try Project([
            "manifest.yaml": """
            version: 1
            images:
              a: { inline: FROM scratch, tags: [ghcr.io/x/y:7] }
              b: { inline: "FROM ghcr.io/x/y:7" }
            """
        ])
        #expect(try project.plan().edges == ["b needs a: FROM ghcr.io/x/y:7, line 1"])
    }

    @Test func `build arguments decide the edge, and so the matrix sibling`() throws {
        let project = try Project([
            "manifest.yaml": """
            version: 1
            images:
              base: { inline: FROM scratch, matrix: { v: [1.0, 2.0] }, tags: ["${v}"] }
              app: { inline: "ARG V\\nFROM base:${V}", matrix: { v: [1.0, 2.0] }, args: { V: "${v}" }, tags: ["${v}"] }
            """
        ])
        #expect(
            try project.plan().edges == [
                "app-1.0 needs base-1.0: FROM base:1.0, line 2", "app-2.0 needs base-2.0: FROM base:2.0, line 2",
            ])
    }

    @Test func `contexts and needs are edges`() throws {
        let project = try Project([
            "manifest.yaml": """
            version: 1
            images:
              a: { inline: FROM scratch }
              b: { inline: FROM scratch, contexts: { x: "image:a" } }
              c: { inline: FROM scratch, contexts: { y: "docker-image://b" }, needs: [a] }
            """
        ])
        let plan = try project.plan()
        #expect(plan.edges == ["b needs a: context x", "c needs a: needs", "c needs b: context y"])
        #expect(try plan.job("b").namedContexts == ["x": .sibling(image: "a")])
    }

    @Test func `a named context stands in for an image of the batch`() throws {
        let project = try Project([
            "manifest.yaml": """
            version: 1
            images:
              a: { inline: FROM scratch }
              b: { inline: FROM a, contexts: { a: "docker-image://docker.io/library/debian:12" } }
            """
        ])
        #expect(try project.plan().edges.isEmpty)
    }

    @Test func `a Dockerfile with an error keeps the edges that the manifest states`() throws {
        let project = try Project([
            "manifest.yaml": """
            version: 1
            images:
              a: { inline: FROM scratch }
              b: { inline: "FROM a\\nBOGUS", needs: [a] }
            """
        ])
        let plan = try project.plan()
        #expect(plan.edges == ["b needs a: needs"])
        #expect(plan.failure("b")?.class == .dockerfile)
        #expect(plan.failure("b")?.message.contains("BOGUS") == true)
    }

    @Test func `references of the batch have owners, for the platform of their image`() throws {
        let plan = try batch(["a": "FROM scratch", "b": "FROM scratch"]).plan("b")
        #expect(plan.owner(of: try ImageReference("a"), platform: .host) == "a")
        #expect(plan.owner(of: try ImageReference("a:2"), platform: .host) == nil)
        #expect(plan.owner(of: try ImageReference("a"), platform: Platform(os: "linux", architecture: "s390x")) == nil)
    }
}

@Suite struct CycleTests {
    private func message(_ images: String) throws -> [String] {
        let project = try Project(["manifest.yaml": "version: 1\nimages:\n\(images)\n"])
        do {
            _ = try project.plan()
            return []
        } catch let errors as ManifestErrors {
            return errors.diagnostics.map { diagnostic in
                "\(diagnostic.mark.map { "\($0.line):\($0.column)" } ?? "-") \(diagnostic.message)"
            }
        }
    }

    @Test func `a cycle is shown as a path with its reasons`() throws {
        let messages = try message(
            """
              a: { inline: FROM scratch, needs: [c] }
              b: { inline: FROM a }
              c: { inline: "FROM scratch\\nCOPY --from=b / /" }
              d: { inline: FROM a }
            """)
        #expect(
            messages == [
                "3:3 images need each other: a -> c -> b -> a; a needs c (needs), c needs b (COPY --from b, line 2),"
                    + " b needs a (FROM a, line 1)"
            ])
    }

    @Test func `an image that names itself is told so`() throws {
        #expect(
            try message("  debian: { inline: \"FROM debian:bookworm\", tags: [bookworm] }") == [
                "3:3 image \"debian\" needs itself: FROM debian:bookworm, line 1"
            ])
    }

    @Test func `every cycle is shown at once`() throws {
        let messages = try message(
            """
              a: { inline: FROM b }
              b: { inline: FROM a }
              c: { inline: FROM d }
              d: { inline: FROM c }
            """)
        #expect(messages.count == 2)
    }
}
