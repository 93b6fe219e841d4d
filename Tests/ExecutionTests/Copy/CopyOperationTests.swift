import FileSystem
import TestSupport
import Testing

@testable import Execution

/// Files that change, vanish or stand in the way while they are copied.
@Suite(.enabled(if: Privilege.isRoot, "copies get root as their owner")) struct CopyOperationTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        Shell("cd '\(folder.path)'; mkdir -p source/d target; echo old > source/d/file")
    }

    /// Lists `d`, lets `change` happen, and copies to `/to`.
    private func copy(after change: String) throws {
        let tree = SourceTree(
            root: try OpenFile.open(folder.path("source"), [.read, .directory]), keepsMetadata: false)
        let operation = CopyOperation(sources: try SourceFinder(tree: tree).sources(["d"]), destination: "/to")
        Shell("cd '\(folder.path)'; \(change)")
        let target = try CopyTarget(
            upper: OpenFile.open(folder.path("target"), [.read, .directory]), below: nil, attributes: CopyAttributes())
        try operation.run(in: target)
        try target.finish()
    }

    @Test func `nothing changed: it is copied`() throws {
        try copy(after: "true")
        #expect(Shell("cat '\(folder.path)/target/to/file'").output == "old\n")
    }

    @Test(arguments: ["echo longer > source/d/file", "touch -d 2001-02-03 source/d/file"])
    func `a file that was written to after it was listed is an error`(change: String) throws {
        #expect(throws: ExecutionError.sourceChanged("/d/file")) { try copy(after: change) }
    }

    @Test func `an error names the place in the root file system`() throws {
        #expect(throws: ExecutionError.copyOverDirectory("/to/file")) {
            try copy(after: "mkdir -p target/to/file")
        }
        #expect(throws: ExecutionError.copyOntoNonDirectory("/to")) {
            try copy(after: "rm -r target/to; touch target/to")
        }
    }
}
