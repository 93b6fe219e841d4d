import FileSystem
import Jobs
import OCI
import Storage
import SystemPackage
import TestSupport
import Testing

@testable import DockerfileFrontend
@testable import Execution

/// What ADD asks the scheduler for, and what it makes of the answers.
@Suite struct RemoteSourcesTests {
    private let link = FakeLink()
    private let scratch: TestFolder
    private let blobs: BlobStore

    init() throws {
        scratch = try TestFolder()
        let state = StateFolder(FilePath(scratch.path("state")))
        try state.prepare()
        blobs = try BlobStore(state)
    }

    private func sources(_ change: (inout AddInstruction) -> Void = { _ in }) throws -> RemoteSources {
        var add = AddInstruction(sources: ["https://host/x"], destination: "/")
        change(&add)
        return RemoteSources(request: try CopyRequest(add), blobs: blobs, scheduler: link)
    }

    @Test func `a download has the name of the URL's path, is root's alone, and dates from its Last-Modified`() throws {
        let digest = Digest(of: "content".utf8)
        link.answer = .downloaded(Download(digest: digest, sizeInBytes: 7, lastModified: 1_000))
        let text = "sha256:\(digest.hex)"
        let input = try sources { $0.checksum = text }.download("https://me:secret@host/dir/file.tar?token=1")
        #expect(link.requests == [.download(url: "https://me:secret@host/dir/file.tar?token=1", checksum: digest)])
        #expect(link.materials.map(\.reference) == ["https://host/dir/file.tar"])
        guard case .download(let source, digest) = input else { throw UnexpectedInput() }
        #expect(String(decoding: source.name, as: UTF8.self) == "file.tar")
        #expect(source.entries.first?.status.permissions == 0o600)
        #expect(source.entries.first?.status.modified.seconds == 1_000)
    }

    @Test func `without Last-Modified and name it is unnamed and of 1970`() throws {
        link.answer = .downloaded(Download(digest: Digest(of: []), sizeInBytes: 0, lastModified: nil))
        guard case .download(let source, _) = try sources().download("http://host/?q") else { throw UnexpectedInput() }
        #expect(String(decoding: source.name, as: UTF8.self) == "__unnamed__")
        #expect(source.entries.first?.status.modified.seconds == 0)
    }

    @Test func `a repository is asked for with the instruction's flags and the text's words`() throws {
        link.answer = .folder(FetchedFolder(path: "/state/git/x", revision: "abc123", commitTime: nil))
        let add = try sources {
            $0.sources = ["https://t@host/x.git?branch=b&subdir=s&submodules=0&mtime=commit"]
            $0.keepsGitFolder = true
            $0.checksum = "abc"
        }
        guard case .git(let source)? = add.request.sources.first else { throw UnexpectedInput() }
        _ = try add.checkout(source)
        let checkout = GitCheckout(
            remote: source.remote, reference: source.reference, subfolder: "s", commit: "abc", keepsGitFolder: true,
            fetchesSubmodules: false, usesCommitTime: true)
        #expect(link.requests == [.checkout(checkout)])
        #expect(link.materials.map(\.reference) == ["https://host/x.git#abc123"])
    }

    @Test func `what cannot be fetched fails with the scheduler's reason`() throws {
        let failure = JobFailure(class: .network, message: "HTTP 404", summary: "HTTP 404")
        link.answer = .failed(failure)
        #expect(throws: ExecutionError.imageUnavailable(failure)) { try sources().download("https://host/x") }
    }

    @Test(arguments: [
        ("https://host/a/b.tar", "https://host/a/b.tar"), ("https://user:secret@host/a?token=1#x", "https://host/a"),
        ("https://host/a@b", "https://host/a@b"), ("http://t@host", "http://host"), ("git@host:path", "git@host:path"),
        ("ssh://git@host:22/x", "ssh://host:22/x"), ("https://a@b@host/x?y@z", "https://host/x"),
    ])
    func `what may be a secret is not in the ledger`(url: String, shown: String) {
        #expect(Material.withoutSecrets(url) == shown)
    }

    @Test func `a password is not in the history`() throws {
        let add = try sources { $0.sources = ["https://me:secret@host/x?a=b", "dir@x", "git@host:x.git"] }
        #expect(add.request.history == "ADD https://host/x?a=b dir@x git@host:x.git / # buildkit")
    }
}

private struct UnexpectedInput: Error {}

/// Answers every request alike, and remembers what was asked and reported.
private final class FakeLink: SchedulerLink, @unchecked Sendable {
    // Safe because a test uses it from one thread.
    var answer = ExecutorResponse.fetched
    var requests: [ExecutorRequest] = []
    var materials: [Material] = []

    func send(_ event: JobEvent) {
        if case .material(let material) = event { materials.append(material) }
    }

    func ask(_ request: ExecutorRequest) -> SchedulerReply {
        requests.append(request)
        return SchedulerReply(response: answer)
    }
}
