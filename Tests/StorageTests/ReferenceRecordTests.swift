import FileSystem
import OCI
import Storage
import SystemPackage
import Testing

@Suite struct ReferenceRecordTests {
    private let store: TestStore
    private let records: ReferenceRecords

    init() throws {
        store = try TestStore()
        records = try ReferenceRecords(store.state)
    }

    private func record(_ text: String, _ content: String, _ platform: String = "linux/amd64") throws -> ReferenceRecord
    {
        ReferenceRecord(
            reference: try ImageReference(text), platform: try Platform(platform),
            manifest: Descriptor(mediaType: .imageManifest, digest: Digest(of: content.utf8), size: 1))
    }

    @Test func `the latest is found, for each platform its own`() throws {
        let (old, new, arm) = try (record("a:1", "x"), record("a:1", "y"), record("a:1", "z", "linux/arm64"))
        for one in [old, new, arm] { try records.note(one) }
        #expect(try records.find(new.reference, new.platform) == new)
        #expect(try records.find(arm.reference, arm.platform) == arm)
        #expect(try records.find(ImageReference("a:2"), new.platform) == nil)
    }

    @Test func `a damaged record is none and is written anew`() throws {
        let one = try record("a:1", "x")
        try records.note(one)
        let name = try #require(try store.names(store.state.references).first)
        try store.write("{", to: store.state.references.appending(name))
        #expect(try records.find(one.reference, one.platform) == nil)
        try records.note(one)
        #expect(try records.find(one.reference, one.platform) == one)
    }
}
