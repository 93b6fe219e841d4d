import Jobs
import Manifest
import Planning
import Testing

@Suite struct RemoteContextTests {
    private static let commit = "0123456789012345678901234567890123456789"

    private func missing(
        _ text: String, environment: [String: String] = [:], files: [String: String] = [:]
    ) throws -> [RemoteContext] {
        let manifest = "version: 1\nimages:\n  a: { context: \"\(text)\", inline: FROM scratch }\n"
        let project = try Project(files.merging(["manifest.yaml": manifest]) { $1 })
        var options = PlanOptions()
        options.environment = environment
        return try BuildPlan.missingContexts(of: project.manifest(), options: options).map(\.context)
    }

    private func checkout(
        _ remote: String, _ reference: String? = nil, _ folder: String? = nil, token: Bool = false
    ) -> RemoteContext {
        var checkout = GitCheckout(remote: remote, reference: reference, subfolder: folder)
        checkout.usesEnvironmentToken = token
        return .git(checkout)
    }

    @Test func `git:// is git's own, unless something says that it is kaniko's`() throws {
        let own = checkout("git://git.example.com/a/b", "main")
        #expect(try missing("git://git.example.com/a/b#main") == [own])
        let kaniko = checkout("https://git.example.com/a/b", "main", token: true)
        for (name, value) in [
            ("GIT_TOKEN", "x"), ("GIT_USERNAME", "x"), ("GIT_PASSWORD", "x"), ("GIT_PULL_METHOD", "https"),
        ] {
            #expect(try missing("git://git.example.com/a/b#main", environment: [name: value]) == [kaniko])
            #expect(try missing("git://git.example.com/a/b#main", environment: [name: ""]) == [own])
        }
        #expect(
            try missing("git://git.example.com/a/b#main", environment: ["GIT_PULL_METHOD": "http"])
                == [checkout("http://git.example.com/a/b", "main", token: true)])
        #expect(
            try missing("git://github.com/a/b.git") == [checkout("https://github.com/a/b.git", nil, token: true)])
        // The variables are nothing to other addresses.
        #expect(
            try missing("https://git.example.com/a.git#v1", environment: ["GIT_TOKEN": "x"])
                == [checkout("https://git.example.com/a.git", "v1")])
    }

    @Test(arguments: [
        ("git://tok@h/a/b", "https://tok:@h/a/b", nil, nil),
        ("git://me:pw@h/a/b#refs/heads/x", "https://me:pw@h/a/b", "refs/heads/x", nil),
        ("git://tok@h/a#refs/heads/x#\(commit)", "https://tok:@h/a", commit, nil),
        ("git://tok@h/a#refs/merge-requests/3/head:sub", "https://tok:@h/a", "refs/merge-requests/3/head", "sub"),
    ])
    func `kaniko's address may hold a token, a commit and a folder`(
        text: String, remote: String, reference: String?, folder: String?
    ) throws {
        let found = try missing(text)
        #expect(found == [checkout(remote, reference, folder)])
        #expect(found.allSatisfy { !$0.shown.contains("tok") && !$0.shown.contains("pw") })
    }

    @Test func `what is there decides what a path is`() throws {
        let files = ["x.tar": "x", "d/f": "x", "d#v1/f": "x", "d/sub/f": "x"]
        let project = try Project(files)
        func path(_ name: String) -> String { "\(project.folder)/\(name)" }
        #expect(try missing(path("d")) == [])
        #expect(try missing(path("d#v1")) == [])
        #expect(try missing(path("d#:sub")) == [])
        #expect(try missing(path("d#v2:sub")) == [checkout("file://\(path("d"))", "v2", "sub")])
        #expect(try missing(path("x.tar")) == [.archive(ArchiveSource(.file(path("x.tar"))))])
        #expect(try missing(path("x.tar#:a/b")) == [.archive(ArchiveSource(.file(path("x.tar")), subfolder: "a/b"))])
        #expect(try missing("-#:a") == [.archive(ArchiveSource(.standardInput, subfolder: "a"))])
        #expect(try missing("s3://b/k.tar#:a") == [.archive(ArchiveSource(url: "s3://b/k.tar", subfolder: "a"))])
    }

    @Test func `contexts are missing until nothing new is named, those of the selection alone`() throws {
        let project = try Project([
            "manifest.yaml": """
            version: 1
            images:
              top: { context: "https://h/top.tar" }
              base: { context: "https://h/base.tar", retry: { attempts: 3 } }
              twin: { context: "https://h/base.tar", inline: FROM scratch }
              other: { context: "https://h/other.tar" }

            """,
            "fetched/Dockerfile": "FROM base\n",
        ])
        let manifest = try project.manifest()
        func shown(_ missing: [MissingContext]) -> [String] {
            missing.map { "\($0.images.joined(separator: ",")) \($0.context.shown) \($0.retry.attempts)" }
        }
        var options = PlanOptions()
        options.selection = ["top"]
        let first = BuildPlan.missingContexts(of: manifest, options: options)
        #expect(shown(first) == ["top https://h/top.tar 1"])
        let folder = FetchedFolder(
            path: "\(project.folder)/fetched", revision: "sha256:\(String(repeating: "0", count: 64))", commitTime: nil)
        options.contexts[first[0].context] = .success(folder)
        #expect(shown(BuildPlan.missingContexts(of: manifest, options: options)) == ["base https://h/base.tar 3"])
        options.selection = ["top", "twin"]
        #expect(shown(BuildPlan.missingContexts(of: manifest, options: options)) == ["base,twin https://h/base.tar 3"])
        #expect(
            shown(BuildPlan.missingContexts(of: manifest, options: options, onlyRead: true))
                == ["base https://h/base.tar 3"])
        options.selection = ["base+"]
        #expect(
            shown(BuildPlan.missingContexts(of: manifest, options: options))
                == ["base,twin https://h/base.tar 3", "other https://h/other.tar 1"])
        let failure = JobFailure(class: .network, message: "m", summary: "s", isTemporary: true)
        options.selection = ["top"]
        options.contexts[.archive(ArchiveSource(url: "https://h/base.tar"))] = .failure(failure)
        let plan = try BuildPlan(manifest: manifest, options: options)
        #expect(plan.edges == ["top needs base: FROM base, line 1"])
        #expect(try plan.job("top").dockerfile.name == "https://h/top.tar/Dockerfile")
        #expect(plan.failure("base")?.summary == "\(project.folder)/manifest.yaml:4:20: context: s")
        #expect(plan.images.first { $0.name == "base" }?.retry == RetryRule())
        #expect(
            plan.images.first { $0.name == "top" }?.materials.map(\.reference) == [
                "https://h/top.tar#\(folder.revision)"
            ])
    }
}
