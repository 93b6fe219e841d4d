import FileSystem
import Glibc
import Jobs
import Planning
import Synchronization
import TestSupport
import Testing

@testable import Scheduler

@Suite(.timeLimit(.minutes(10))) struct SecretTests {
    /// What the executor of an image with a secret `s` gets for it, and the bytes that come along.
    private func answer(
        _ source: PlannedSecret.Source, variables: [String: String] = [:], asking id: String = "s"
    ) async throws -> (response: ExecutorResponse?, bytes: [UInt8]?, lines: [String]) {
        let seen = Mutex<(ExecutorResponse?, [UInt8]?)>((nil, nil))
        let image = TestImage(name: "a", secrets: [PlannedSecret(id: "s", source: source)])
        let batch = try TestBatch(
            [image],
            scripts: [
                "a": { executor in
                    let response = executor.ask(.secret(id: id))
                    let bytes = executor.readSent()
                    seen.withLock { $0 = (response, bytes) }
                    executor.send(.finished(.sample(of: "a")))
                }
            ], variables: variables)
        _ = try await batch.run()
        let (response, bytes) = seen.withLock { $0 }
        return (response, bytes, batch.journal.lines)
    }

    @Test func `a file's bytes come as they are, in a file in memory`() async throws {
        let folder = try TestFolder()
        Shell(#"printf 'a\000b\n' > "\#(folder.path("secret"))""#)
        let (response, bytes, _) = try await answer(.file(folder.path("secret")))
        #expect(response == .secret(isFound: true))
        #expect(bytes == [97, 0, 98, 10])
    }

    @Test func `a variable's value comes without a newline`() async throws {
        let (response, bytes, lines) = try await answer(.environment("TOKEN"), variables: ["TOKEN": "hunter2"])
        #expect(response == .secret(isFound: true))
        #expect(bytes == Array("hunter2".utf8))
        #expect(!lines.joined().contains("hunter2"))
    }

    @Test func `an empty secret is a secret`() async throws {
        let (response, bytes, _) = try await answer(.environment("TOKEN"), variables: ["TOKEN": ""])
        #expect(response == .secret(isFound: true))
        #expect(bytes == [])
    }

    @Test func `what the image does not list is not found, and nothing comes along`() async throws {
        let (response, bytes, _) = try await answer(.environment("HOME"), asking: "other")
        #expect(response == .secret(isFound: false))
        #expect(bytes == nil)
    }

    @Test func `what is gone since the plan, or too large, is a failure that says where it should be`() async throws {
        let folder = try TestFolder()
        let large = String(repeating: "x", count: 500 << 10 | 1)
        Shell(
            "head -c \(500 << 10 | 1) /dev/zero > \(folder.path("large")); head -c \(500 << 10) /dev/zero > \(folder.path("fits"))"
        )
        for (source, variables, reason) in [
            (.file(folder.path("none")), [:], "\(folder.path("none")) does not exist"),
            (.file(folder.path("large")), [:], "\(folder.path("large")) is larger than 500 KiB"),
            (.environment("NONE"), [:], "the environment variable NONE is not set"),
            (.environment("LARGE"), ["LARGE": large], "the environment variable LARGE is larger than 500 KiB"),
        ] as [(PlannedSecret.Source, [String: String], String)] {
            let (response, bytes, _) = try await answer(source, variables: variables)
            let text = "secret \"s\": \(reason)"
            #expect(response == .failed(JobFailure(class: .context, message: text, summary: text)))
            #expect(bytes == nil)
        }
        #expect(try await answer(.file(folder.path("fits"))).bytes?.count == 500 << 10)
    }

    @Test func `nobody can change what was sent`() throws {
        let file = try PlannedSecret(id: "s", source: .environment("X")).sealed { _ in [1, 2, 3] }
        #expect(write(file.fd, "x", 1) == -1)
        #expect(ftruncate(file.fd, 0) == -1)
    }
}
