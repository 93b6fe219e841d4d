import FileSystem
import Storage
import SystemPackage
import Testing

@Suite struct OwnerTests {
    private let store: TestStore

    init() throws { store = try TestStore() }

    private func names(_ folder: FilePath) throws -> [String] {
        try store.state.open(folder).entries().map(\.name.description).sorted()
    }

    @Test func `layers of other owners leave, blobs and results stay`() throws {
        let state = store.state
        #expect(try state.keep(owners: "the image's") == false)
        for folder in [state.layers, state.mounts, state.blobs] {
            _ = try OpenFile.makeFolders(folder.appending("one").string)
        }
        #expect(try state.keep(owners: "the image's") == false)
        #expect(try names(state.layers) == ["one"])
        #expect(try state.keep(owners: "from 300000") == true)
        #expect(try names(state.layers) == [])
        #expect(try names(state.mounts) == [])
        #expect(try names(state.blobs) == ["one"])
        #expect(try names(state.temporary).count == 2)
        #expect(try state.keep(owners: "from 300000") == false)
        #expect(try state.sweep().foreign == [])
        #expect(try names(state.temporary) == [])
    }

    @Test func `a folder of an older build-all keeps its layers`() throws {
        _ = try OpenFile.makeFolders(store.state.layers.appending("one").string)
        #expect(try store.state.keep(owners: "recorded") == false)
        #expect(try names(store.state.layers) == ["one"])
    }
}
