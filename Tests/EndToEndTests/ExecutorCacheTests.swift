import Foundation
import TestSupport
import Testing

/// `executor`: cache, layers, times, what is left.
@Suite struct ExecutorCacheTests {
    private func hits(_ outcome: Outcome) -> Int { outcome.errors.split(separator: "Using caching version").count - 1 }

    @Test func `the cache is a repository, found from another machine`() throws {
        let kaniko = try KanikoWorkspace()
        let destination = "\(kaniko.host)/team/app:1"
        #expect(hits(try kaniko.build("-d", destination, "--cache", state: "a")) == 0)
        #expect(hits(try kaniko.build("-d", destination, "--cache=true", state: "b")) == 4)
        #expect(hits(try kaniko.build("-d", destination, state: "b")) == 0)
        #expect(hits(try kaniko.build("-d", destination, "--cache", "--cache-run-layers=false", state: "b")) == 0)
        #expect(hits(try kaniko.build("-d", destination, "--cache", "--cache-ttl=0s", state: "b")) == 0)
        #expect(hits(try kaniko.build("-d", destination, "--cache", "--cache-ttl=1h", state: "b")) == 4)
        let catalog = try kaniko.workspace.run("curl", "-s", "http://\(kaniko.host)/v2/_catalog").output
        #expect(catalog.contains("\"team/app/cache\""))
    }

    @Test func `without a push the cache is written, unless it is only to be read`() throws {
        let kaniko = try KanikoWorkspace()
        let cache = "--cache-repo=\(kaniko.host)/steps"
        try kaniko.build("--no-push", "--cache", cache, "--no-push-cache", state: "a")
        #expect(hits(try kaniko.build("--no-push", "--cache", cache, state: "b")) == 0)
        #expect(hits(try kaniko.build("--no-push", "--cache", cache, "--no-push-cache", state: "c")) == 4)
    }

    @Test func `the cache may be a folder`() throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        try kaniko.build("--no-push", "--cache", "--cache-repo=oci:steps", state: "a")
        #expect(hits(try kaniko.build("--no-push", "--cache", "--cache-repo=oci:steps", state: "b")) == 4)
        #expect(FileManager.default.fileExists(atPath: kaniko.path("steps/index.json")))
    }

    @Test func `a single snapshot is one layer on the base, with the same files, and the cache still works`() throws {
        let kaniko = try KanikoWorkspace()
        try kaniko.workspace.write("app/sub/f", "f\n")
        try kaniko.build("-d", "\(kaniko.host)/base")
        try kaniko.workspace.write(
            "app/Dockerfile",
            """
            FROM \(kaniko.host)/base
            RUN rm /a && mkdir -p /d/e /x && echo 1 >/d/e/f && echo 2 >/d/g && ln /d/g /d/h && ln /d/g /x/z && ln /d/g /d/k1 && ln /d/g /d/k2 && chown 5:6 /d/e
            COPY sub /d/e
            RUN rm -r /var/cache && mkdir -m 700 /var/cache && echo 3 >/d/g2 && mv /d/g2 /d/g && mkfifo /d/p
            RUN rm -r /d/e && echo file >/d/e && rm /x/z && mkdir /x/z && echo 4 >/x/z/y && ln -s nowhere /a
            RUN rm /a && rm /d/p && touch -d 2001-02-03 /d/h

            """)
        try kaniko.build(
            "--no-push", "--oci-layout-path=many", "-d", "x.example.com/x", "--cache", "--cache-repo=oci:c")
        let outcome = try kaniko.build(
            "--no-push", "--oci-layout-path=one", "-d", "x.example.com/x", "--single-snapshot", "--cache",
            "--cache-repo=oci:c")
        #expect(hits(outcome) == 5)
        #expect(try kaniko.names(ofLayout: "many").count == 9)
        #expect(try kaniko.names(ofLayout: "one").count == 5)
        for layout in ["many", "one"] {
            try kaniko.workspace.run("umoci", "raw", "unpack", "--image", "\(layout):latest", "unpacked-\(layout)")
        }
        let (many, one) = try (
            TreeListing.of(kaniko.path("unpacked-many"), in: kaniko.workspace),
            TreeListing.of(kaniko.path("unpacked-one"), in: kaniko.workspace)
        )
        #expect(many == one)
        #expect(many.count > 10)
        let history = try #require(try kaniko.config(ofLayout: "one")["history"] as? [[String: Any]])
        #expect(history.filter { $0["empty_layer"] as? Bool != true }.count == 5)
        try kaniko.build(
            "--no-push", "--oci-layout-path=again", "-d", "x.example.com/x", "--single-snapshot", "--cache",
            "--cache-repo=oci:c")
        #expect(try kaniko.digest("oci:again") == kaniko.digest("oci:one"))
    }

    @Test(arguments: [
        ["--ignore-path=/var/cache"], ["--ignore-path", "/var/cache/x/", "--ignore-path=/none"],
        ["--ignore-path=/var/*/x"], ["--ignore-path", "var/cache/?/y"],
    ]) func `nothing of an ignored path is in a layer`(flags: [String]) throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        let outcome = try kaniko.executor(
            ["-c", "app", "-f", "app/Dockerfile", "--no-push", "--oci-layout-path=layout", "--cache"]
                + ["--cache-repo=oci:c"] + flags)
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        let names = try kaniko.names(ofLayout: "layout").joined()
        #expect(names.contains("version"))
        #expect(!names.contains("var/cache/x/y"))
        // What was built with an ignored path is nothing for a build without.
        try kaniko.build("--no-push", "--oci-layout-path=layout", "--cache", "--cache-repo=oci:c")
        #expect(try kaniko.names(ofLayout: "layout").joined().contains("var/cache/x/y"))
    }

    @Test func `a reproducible build has no time`() throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        try kaniko.build("--no-push", "--reproducible", "--digest-file=a", "--oci-layout-path=layout", state: "one")
        try kaniko.workspace.run("touch", "-d", "2001-01-01", "app/a.txt", "app/busybox")
        try kaniko.build("--no-push", "--reproducible", "--digest-file=b", state: "two")
        #expect(try kaniko.content("a") == kaniko.content("b"))
        #expect(try kaniko.config(ofLayout: "layout")["created"] as? String == "1970-01-01T00:00:00Z")
    }

    @Test(arguments: ["RUN true\n", "RUN exit 3\n"])
    func `cleaning up leaves nothing of the store, also after a failure`(line: String) throws {
        let kaniko = try KanikoWorkspace(
            withRegistry: false, dockerfile: KanikoWorkspace.dockerfile + line)
        for _ in 0..<2 {
            let outcome = try kaniko.executor(
                ["-c", "app", "-f", "app/Dockerfile", "--no-push", "--cleanup", "--kaniko-dir", "k", "--cache"]
                    + ["--cache-repo=oci:c"], state: nil)
            #expect(outcome.exitCode == (line.contains("exit") ? 3 : 0), "\(outcome.errors)")
            for folder in ["layers", "blobs/sha256", "tmp"] {
                let left = try FileManager.default.contentsOfDirectory(atPath: kaniko.path("k/build-all/\(folder)"))
                #expect(left.isEmpty, "\(folder): \(left)")
            }
        }
        let history = try Program.run(
            [Program.buildAll, "history", "ls", "--state", kaniko.path("k/build-all")], in: kaniko.workspace.folder)
        #expect(history.lines.count >= 2)
    }

    @Test func `three images one after another are as three fresh ones`() throws {
        let kaniko = try KanikoWorkspace(withRegistry: false)
        for name in ["a", "b", "c"] {
            try kaniko.workspace.write(
                "app/\(name)", KanikoWorkspace.dockerfile + "RUN echo \(name) >/\(name); ls / >/seen; rm -f /a\n")
            let build = ["-c", "app", "-f", "app/\(name)", "--no-push", "--reproducible"]
            for (state, file) in [("one", "\(name)1"), ("fresh-\(name)", "\(name)2")] {
                let outcome = try kaniko.executor(build + ["--digest-file", file], state: state)
                #expect(outcome.exitCode == 0, "\(outcome.errors)")
            }
            #expect(try kaniko.content("\(name)1") == kaniko.content("\(name)2"))
        }
    }
}
