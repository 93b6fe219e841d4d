import Foundation
import Manifest
import OCI
import SystemPackage
import Templates
import Testing

/// What is known only after the build.
@Suite struct LateExpansionTests {
    @Test(
        arguments: [
            ("plain", "plain"), ("${base.digest}", "sha256:abc"), ("v${base.label:version}!", "v1.2!"),
            ("$${base.digest}", "${base.digest}"), ("${other} $${other}", "${other} $${other}"),
        ])
    func `the base image's digest and labels are put in`(text: String, expected: String) throws {
        #expect(try BaseTemplate.expand(text, digest: "sha256:abc", labels: ["version": "1.2"]) == expected)
    }

    @Test func `a missing label or base is an error`() {
        #expect(throws: BaseExpansionError.noLabel("x")) {
            try BaseTemplate.expand("${base.label:x}", digest: "sha256:abc", labels: [:])
        }
        #expect(throws: BaseExpansionError.noBase("base.digest")) {
            try BaseTemplate.expand("${base.digest}", digest: nil, labels: [:])
        }
    }

    @Test func `a tag takes the hexadecimal part of the digest`() throws {
        let fixture = try #require(Fixture.files(in: "valid").first { $0.name == "variables" })
        let tag = try #require(try fixture.load().images.first?.tags.last)
        #expect(tag.reference == nil)
        let reference = try tag.reference(digest: "sha256:abc", labels: [:])
        #expect(reference.description == "registry.example.com/stable/debian:b-abc")
    }

    @Test func `other modules' errors look like the reader's`() throws {
        let fixture = try #require(Fixture.files(in: "valid").first { $0.name == "short" })
        let mark = try #require(try fixture.load().images.last?.context?.mark)
        let errors = ManifestErrors(ManifestDiagnostic(mark: mark, message: "no such folder", hint: "make it"))
        #expect(
            "\(errors)" == """
                \(fixture.file.path):6:14: no such folder
                        context: debian
                                 ^
                  hint: make it
                """)
        let bare = ManifestDiagnostic(mark: SourceMark(file: "a.yaml", line: 3, column: 4), message: "no")
        #expect("\(bare)" == "a.yaml:3:4: no")
    }

    @Test func `git is asked once, and only if the manifest asks`() throws {
        let quiet = try #require(Fixture.files(in: "valid").first { $0.name == "smallest" })
        let context = ExpansionContext(run: "r", now: 0) { _ in
            Issue.record("git was asked")
            return .sample
        }
        _ = try BatchManifest.load(FilePath(quiet.file.path), context: context)
    }

    @Test func `git's error is shown where it was asked`() throws {
        struct NoRepository: Error, CustomStringConvertible { let description = "not a git repository" }
        let fixture = try #require(Fixture.files(in: "valid").first { $0.name == "execution" })
        let context = ExpansionContext(run: "r", now: 0) { _ in throw NoRepository() }
        let errors = #expect(throws: ManifestErrors.self) {
            try BatchManifest.load(FilePath(fixture.file.path), context: context)
        }
        #expect(errors?.diagnostics.map(\.message) == ["epoch git: not a git repository"])
    }

    @Test func `an unknown --var is an error without a place`() throws {
        let fixture = try #require(Fixture.files(in: "valid").first { $0.name == "variables" })
        let errors = #expect(throws: ManifestErrors.self) { try fixture.load(variables: ["chanel": "x"]) }
        #expect(
            "\(try #require(errors))"
                == "--var chanel: the manifest has no variable of that name\n  hint: did you mean \"channel\"?")
    }

    @Test func `--var goes before the environment`() throws {
        let fixture = try #require(Fixture.files(in: "valid").first { $0.name == "variables" })
        #expect(try fixture.load(variables: ["channel": "edge"]).registry == "registry.example.com/edge")
    }

    @Test func `every file that was read is there for the ledger`() throws {
        let fixture = try #require(Fixture.files(in: "valid").first { $0.name == "include" })
        let names = try fixture.load().files.map { $0.path.lastComponent?.string }
        #expect(names == ["include.yaml", "a.yaml", "b.yaml", "shared.yaml"])
    }
}
