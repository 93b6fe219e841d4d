import Foundation
import TestSupport
import Testing

/// RUN --mount=type=cache: what is kept, for whom, and who waits for whom.
@Suite(.serialized) struct CacheMountTests {
    @Test func `what a cache holds is there for other targets, images and runs, and in no image`() throws {
        let folder = try MountWorkspace("cache-mount")
        try folder.write([
            "app": """
            RUN --mount=type=cache,id=c,target=/one/cache,uid=1000,mode=0700 stat -c '%a %u' /one/cache > /s; echo 1 > /one/cache/f
            RUN --mount=type=cache,id=c,target=/two,uid=1000,mode=0700 cat /two/f > /first; echo 2 > /two/f
            RUN --mount=type=cache,id=c,target=/one/cache ls -A /one/cache > /other
            """
        ])
        try folder.keepBase()
        #expect(try folder.build([]).errors == "")
        #expect(try folder.lines("s") == ["700 1000"])
        #expect(try folder.lines("first") == ["1"])
        #expect(try folder.lines("other") == [])
        #expect(try folder.added() == ["s", "first", "other"])
        let next = try folder.build([
            "next":
                "RUN --mount=type=cache,id=c,target=/c,uid=1000,mode=0700,ro cat /c/f > /f; touch /c/x || echo ro >> /f"
        ])
        #expect(next.errors == "")
        #expect(try folder.lines("f", of: "next") == ["2", "ro"])
        #expect(try folder.folder.temporaryFiles() == [])
    }

    @Test func `a cache begins as its source, once`() throws {
        let folder = try MountWorkspace("cache-seed")
        try folder.workspace.write("app/seed/a", "a\n")
        try folder.workspace.write(
            "app/Dockerfile",
            """
            FROM base AS seed
            RUN mkdir -p /s/d && echo 1 > /s/d/f && chown -R 5:6 /s && chmod 750 /s
            FROM base
            RUN --mount=type=cache,id=x,target=/c,from=seed,source=/s stat -c '%a %u:%g' /c /c/d/f > /o; echo 2 > /c/d/f
            RUN --mount=type=cache,id=x,target=/c,from=seed,source=/s cat /c/d/f >> /o
            RUN --mount=type=cache,id=x,target=/c ls -A /c >> /o

            """)
        try folder.workspace.write(
            "batch.yaml",
            "version: 1\nimages:\n  base: base\n  app: {context: app, outputs: [{rootfs: out/app}]}\n")
        #expect(try folder.build([]).errors == "")
        #expect(try folder.lines("o") == ["750 5:6", "644 5:6", "2"])
    }

    @Test func `BUILDKIT_CACHE_MOUNT_NS keeps caches of the same id apart`() throws {
        let folder = try MountWorkspace("cache-namespace")
        let builds: [(namespace: String, seen: [String])] = [("", []), ("n", []), ("", ["0"]), ("n", ["1"])]
        for (number, build) in builds.enumerated() {
            try folder.workspace.write(
                "app/Dockerfile",
                "FROM base\nRUN --mount=type=cache,id=x,target=/c ls -A /c >/o; rm -f /c/*; echo >/c/\(number)\n")
            let arguments = build.namespace.isEmpty ? "" : ", args: {BUILDKIT_CACHE_MOUNT_NS: \(build.namespace)}"
            try folder.workspace.write(
                "batch.yaml",
                "version: 1\nimages:\n  base: base\n  app: {context: app, outputs: [{rootfs: out/app}]\(arguments)}\n")
            #expect(try folder.build([]).errors == "")
            #expect(try folder.lines("o") == build.seen)
        }
    }

    /// Two images at once on one cache; each waits for the other's file for at most four seconds.
    private func meeting(_ sharing: String) throws -> MountWorkspace {
        let folder = try MountWorkspace("cache-\(sharing)")
        func lines(_ own: String, _ other: String) -> String {
            """
            RUN --mount=type=cache,id=c,target=/c,sharing=\(sharing) echo begin >> /c/log; touch /c/\(own); i=0; \\
                while [ ! -e /c/\(other) ] && [ $i -lt 40 ]; do sleep 0.1; i=$((i+1)); done; \\
                ls /c > /seen; echo end >> /c/log; cp /c/log /log
            """
        }
        let run = try folder.build(["a": lines("a", "b"), "b": lines("b", "a")], arguments: "-j", "3")
        #expect(run.errors == "")
        return folder
    }

    @Test func `a shared cache is one for both`() throws {
        let folder = try meeting("shared")
        for image in ["a", "b"] {
            #expect(try Set(folder.lines("seen", of: image)).isSuperset(of: ["a", "b", "log"]))
            #expect(try folder.lines("log", of: image).prefix(2) == ["begin", "begin"])
        }
    }

    @Test func `a private cache is another for each`() throws {
        let folder = try meeting("private")
        for image in ["a", "b"] {
            #expect(try folder.lines("seen", of: image) == [image, "log"])
            #expect(try folder.lines("log", of: image) == ["begin", "end"])
        }
    }

    @Test func `a locked cache is for one after the other`() throws {
        let folder = try meeting("locked")
        let logs = try ["a", "b"].map { try folder.lines("log", of: $0) }.sorted { $0.count < $1.count }
        #expect(logs == [["begin", "end"], ["begin", "end", "begin", "end"]])
    }

    @Test(arguments: ["locked", "private", "shared"])
    func `a step may have a cache in two places`(sharing: String) throws {
        let folder = try MountWorkspace("cache-twice")
        let run = try folder.build(
            [
                "a": """
                RUN --mount=type=cache,id=c,target=/a,sharing=\(sharing) --mount=type=cache,id=c,target=/b,ro touch /a/x && ls /b > /seen
                """
            ], options: "limits: {timeout: 30s}")
        #expect(run.errors == "")
        #expect(try folder.lines("seen", of: "a") == ["x"])
    }

    @Test func `who waits for a locked cache can be stopped, and a killed holder lets go`() throws {
        let folder = try MountWorkspace("cache-kill")
        try folder.write(
            [
                "a": "RUN --mount=type=cache,id=c,target=/c,sharing=locked touch /c/half && exec sleep 600",
                "b": "RUN --mount=type=cache,id=c,target=/c,sharing=locked exec sleep 600",
            ])
        let process = try folder.folder.start("batch.yaml", "--progress", "none", "-j", "3")
        try folder.folder.waitForStep("sleep 600")
        usleep(300_000)
        let start = Date.now
        process.send(SIGINT)
        #expect(process.wait() == 130, "\(folder.folder.errors)")
        #expect(Date.now.timeIntervalSince(start) < soon)
        let second = try folder.folder.start("batch.yaml", "--progress", "none", "-j", "3")
        try folder.folder.waitForStep("sleep 600")
        second.send(SIGKILL)
        _ = second.wait()
        #expect(try folder.folder.leftovers(after: 2) == [])
        let run = try folder.build(["a": "RUN --mount=type=cache,id=c,target=/c,sharing=locked ls /c > /seen"])
        #expect(run.errors == "")
        #expect(try folder.lines("seen", of: "a").allSatisfy { $0 == "half" })
    }
}
