import FileSystem
import Foundation
import Jobs
import OCI
import Storage
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Planning
@testable import Scheduler

/// Base images of folders and records, and who is believed.
@Suite struct BaseSourceTests {
    private let folder: TestFolder
    private let state: StateFolder
    private let blobs: BlobStore
    private let registry = FakeRegistry()
    private let reference: ImageReference

    init() throws {
        folder = try TestFolder()
        state = StateFolder(FilePath(folder.path("state")))
        try state.prepare()
        blobs = try BlobStore(state)
        reference = try ImageReference("localhost:1/base:1")
    }

    private var shared: FilePath { FilePath(folder.path("shared")) }

    private func warm(into target: ImageWarmer.Target) async throws -> ImageWarmer.Warmed {
        let warmer = ImageWarmer(registry: registry, target: target) { _ in }
        return try await warmer.warm([ExternalImage(reference: reference, platform: .host)])[0].get()
    }

    /// A folder with an image of these layers, whose tag has the manifest's digest.
    private func fill(_ layers: [String]) async throws -> ImageManifest {
        let manifest = try registry.add(reference, layers: layers.map { Array($0.utf8) })
        let warmed = try await warm(into: .folder(BaseCacheWriter(shared)))
        registry.setTag(reference, warmed.digest)
        return manifest
    }

    private func sources(_ change: (inout BaseSources) throws -> Void = { _ in }) throws -> BaseSources {
        var sources = BaseSources()
        sources.caches = [try BaseCache(shared)]
        try change(&sources)
        return sources
    }

    @Test func `a folder counts while the tag is what it was, and costs one look`() async throws {
        let manifest = try await fill(["one", "two"])
        let before = registry.log
        let found = try await sources().manifest(of: reference, .host, blobs: blobs, registry: registry)
        #expect(found?.reference.digest == registry.tags[reference])
        for blob in manifest.layers + [manifest.config] {
            try await sources().fetch(blob, from: reference, into: blobs, registry: registry)
            #expect(try blobs.size(of: blob.digest) == blob.size)
        }
        #expect(registry.log == before, "nothing was pulled")
        registry.setTag(reference, Digest(of: "moved".utf8))
        #expect(try await sources().manifest(of: reference, .host, blobs: blobs, registry: registry) == nil)
    }

    @Test func `by digest nobody is asked`() async throws {
        _ = try await fill(["one"])
        let digest = try #require(registry.tags[reference])
        registry.setTag(reference, Digest(of: "moved".utf8))
        let pinned = reference.pinned(to: digest)
        let found = try await sources().manifest(of: pinned, .host, blobs: blobs, registry: registry)
        #expect(found?.descriptor.digest == digest)
        let other = try ImageReference("other/name").pinned(to: digest)
        #expect(try await sources().manifest(of: other, .host, blobs: blobs, registry: registry) != nil)
    }

    /// A folder with an image that is in an index; the bytes of that.
    private func fillByIndex() async throws -> [UInt8] {
        _ = try registry.add(reference, layers: [Array("one".utf8)])
        var manifest = try await registry.manifest(of: reference, platform: .host).descriptor
        manifest.platform = .host
        let index = try OCIDocument.encode(ImageIndex(manifests: [manifest]))
        registry.setIndex(reference, index)
        _ = try await warm(into: .folder(BaseCacheWriter(shared)))
        return index
    }

    @Test func `an index's digest counts as long as the folder has the index`() async throws {
        let index = try await fillByIndex()
        let pinned = reference.pinned(to: Digest(of: index))
        for wanted in [reference, pinned] {
            #expect(try await sources().manifest(of: wanted, .host, blobs: blobs, registry: registry) != nil)
        }
        let path = shared.appending("blobs/sha256/\(Digest(of: index).hex)").string
        chmod(path, 0o644)
        try OpenFile.open(path, [.write]).writeAll(Array("[".utf8))
        for wanted in [reference, pinned] {
            #expect(try await sources().manifest(of: wanted, .host, blobs: blobs, registry: registry) == nil)
        }
    }

    @Test func `a folder's word alone never gives a digest other content`() async throws {
        let index = try await fillByIndex()
        // The same claim, for another image.
        registry.setTag(reference, Digest(of: "moved".utf8))
        _ = try registry.add(reference, layers: [Array("evil".utf8)])
        let evil = try await warm(into: .folder(BaseCacheWriter(shared))).digest
        let path = shared.appending("index.json").string
        let text = String(decoding: try OpenFile.open(path, [.read]).readAll(limit: 1 << 20) ?? [], as: UTF8.self)
        let key = #""build-all.reference.digest":"#
        let lie = text.replacing("\(key)\"\(evil)\"", with: "\(key)\"\(Digest(of: index))\"")
        #expect(lie != text)
        try OpenFile.open(path, [.write, .truncate]).writeAll(Array(lie.utf8))
        registry.setTag(reference, Digest(of: index))
        #expect(try await sources().manifest(of: reference, .host, blobs: blobs, registry: registry) == nil)
        let pinned = reference.pinned(to: Digest(of: index))
        let offline = try sources { $0.isOffline = true }
        await #expect(throws: OfflineError.self) {
            try await offline.manifest(of: pinned, .host, blobs: blobs, registry: OfflineRegistry())
        }
    }

    @Test func `a tag that moves while it is fetched is not bound to what came`() async throws {
        let old = try await fillByIndex()
        registry.setTag(reference, Digest(of: "moved".utf8))
        _ = try await warm(into: .folder(BaseCacheWriter(shared)))
        #expect(try await sources().manifest(of: reference, .host, blobs: blobs, registry: registry) == nil)
        #expect(try BaseCache(shared).entry(reference, .host)?.digest == Digest(of: old))
    }

    @Test func `when nobody says what a tag is, the registry is asked for all`() async throws {
        _ = try await fill(["one"])
        registry.failLookUps(JobFailure(class: .network, message: "no", summary: "no"))
        #expect(try await sources().manifest(of: reference, .host, blobs: blobs, registry: registry) == nil)
    }

    @Test func `offline a folder comes first, then what was seen, then there is an error`() async throws {
        let offline = OfflineRegistry()
        _ = try await fill(["one"])
        let cached = try #require(registry.tags[reference])
        _ = try registry.add(reference, layers: [Array("newer".utf8)])
        let records = try ReferenceRecords(state)
        let seen = try await warm(into: .store(blobs, records, unpack: { _ in }))
        let both = try sources {
            $0.isOffline = true
            $0.records = records
        }
        #expect(
            try await both.manifest(of: reference, .host, blobs: blobs, registry: offline)?.descriptor.digest == cached)
        var recordsOnly = both
        recordsOnly.caches = []
        #expect(
            try await recordsOnly.manifest(of: reference, .host, blobs: blobs, registry: offline)?.descriptor.digest
                == seen.digest)
        try blobs.remove(seen.digest)
        await #expect(throws: OfflineError.unknownImages(["localhost:1/base:1"])) {
            try await recordsOnly.manifest(of: reference, .host, blobs: blobs, registry: offline)
        }
        let layer = Descriptor(mediaType: .layer, digest: Digest(of: "none".utf8), size: 4)
        await #expect(throws: OfflineError.missingLayer(layer.digest, reference: "localhost:1/base:1")) {
            try await both.fetch(layer, from: reference, into: blobs, registry: offline)
        }
    }

    @Test func `damaged bytes of a folder come from the registry`() async throws {
        let manifest = try await fill(["one"])
        let path = shared.appending("blobs/sha256/\(manifest.layers[0].digest.hex)").string
        chmod(path, 0o644)
        try OpenFile.open(path, [.write]).writeAll(Array("ONE".utf8))
        try await sources().fetch(manifest.layers[0], from: reference, into: blobs, registry: registry)
        #expect(try blobs.read(manifest.layers[0].digest) == Array("one".utf8))
    }

    @Test(arguments: ["index.json", "blobs"])
    func `a folder that cannot be read has nothing, and that is said once`(name: String) async throws {
        let manifest = try await fill(["one", "two"])
        let path = shared.appending(name).string
        try FileManager.default.removeItem(atPath: path)
        // Nobody can go through it, root neither.
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: name)
        let warnings = Mutex<[String]>([])
        let sources = try sources { $0.warn = { text in warnings.withLock { $0.append(text) } } }
        #expect(try await sources.manifest(of: reference, .host, blobs: blobs, registry: registry) == nil)
        for layer in manifest.layers {
            try await sources.fetch(layer, from: reference, into: blobs, registry: registry)
            #expect(try blobs.size(of: layer.digest) == layer.size)
        }
        #expect(warnings.withLock { $0.count } == 1)
    }

    @Test func `offline a damaged folder fails the images that need it, and no others`() async throws {
        _ = try await fill(["one"])
        let known = try ImageReference("localhost:1/known:1")
        let manifest = try registry.add(known, layers: [Array("two".utf8)])
        let records = try ReferenceRecords(state)
        let warmer = ImageWarmer(registry: registry, target: .store(blobs, records, unpack: { _ in })) { _ in }
        _ = try await warmer.warm([ExternalImage(reference: known, platform: .host)])[0].get()
        try OpenFile.open(shared.appending("index.json").string, [.write]).writeAll(Array("[[".utf8))
        let offline = try sources {
            $0.isOffline = true
            $0.records = records
        }
        #expect(try offline.config(of: ExternalImage(reference: known, platform: .host), blobs: blobs) != nil)
        #expect(manifest.layers.count == 1)
        #expect(throws: OfflineError.self) {
            try offline.config(of: ExternalImage(reference: reference, platform: .host), blobs: blobs)
        }
    }

    @Test func `a folder with something else in it is not written to`() throws {
        try OpenFile.makeFolders(shared.string).open("file", [.write, .create]).writeAll([1])
        #expect(throws: OfflineError.self) { _ = try BaseCacheWriter(shared) }
    }

    @Test func `a run's look-up is remembered for the next run without a network`() async throws {
        _ = try registry.add(reference, layers: [Array("one".utf8)])
        var online = BaseSources()
        online.records = try ReferenceRecords(state)
        let plan = BuildPlan(images: [], owners: [:])
        let library = ImageLibrary(plan: plan, blobs: blobs, registry: registry, bases: online) { _, _ in }
        let resolved = try await library.resolve(reference, .host, for: 0)
        var offline = online
        offline.isOffline = true
        let next = ImageLibrary(plan: plan, blobs: blobs, registry: OfflineRegistry(), bases: offline) { _, _ in }
        #expect(try await next.resolve(reference, .host, for: 0) == resolved)
        await #expect(throws: OfflineError.self) { try await next.fetchLayers(of: resolved, [0]) }
    }
}
