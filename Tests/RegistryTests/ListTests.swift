import HTTP
import OCI
import TestSupport
import Testing

@testable import Registry

@Suite struct ListTests {
    private let registry = TestRegistry()
    private let client = RegistryClient.forTests()

    private var reference: ImageReference { get throws { try ImageReference("\(registry.host)/team/app:v1") } }

    private func add(_ tags: [String]) throws {
        for tag in tags {
            let image = try TestImage(layers: [Array(tag.utf8)])
            registry.addManifest(image.manifest, mediaType: MediaType.imageManifest.rawValue, to: "team/app", tag: tag)
        }
    }

    @Test(arguments: [1, 3, 7, 100])
    func `tags come over as many pages as there are`(pageSize: Int) async throws {
        registry.setManner { $0.pageSize = pageSize }
        let tags = (1...7).map { "v\($0)" }
        try add(tags)
        #expect(try await client.tags(of: reference) == tags)
        #expect(registry.count("GET", "/tags/list") == (7 + pageSize - 1) / pageSize)
    }

    @Test func `a repository that does not exist has no tags`() async throws {
        #expect(try await client.tags(of: reference) == [])
    }

    @Test(arguments: [
        "<next?last=a>; rel=\"next\"", "</x>; rel=prev, </v2/team/app/tags/next?last=a>; title=\"b\"; REL=Next",
        "<http://HOST/v2/team/app/tags/next?last=a>;rel=next",
    ])
    func `the link to the next page is understood in all its forms`(link: String) async throws {
        let link = link.replacing("HOST", with: registry.host)
        registry.inject(.status(200, headers: ["Link": link], body: #"{"tags":["a"]}"#), path: "/tags/list")
        registry.inject(.status(200, body: #"{"tags":["b"]}"#), path: "/tags/next")
        #expect(try await client.tags(of: reference) == ["a", "b"])
        #expect(registry.requests.last?.item("last") == "a")
    }

    @Test func `pages that lead in a circle are an error`() async throws {
        let link = ["Link": "</v2/team/app/tags/list?n=1000>; rel=next"]
        registry.inject(.status(200, headers: link, body: #"{"tags":["a"]}"#), path: "/tags/list", times: 9)
        let error = await #expect(throws: RegistryError.self) { try await client.tags(of: reference) }
        guard case .unexpectedAnswer = error else { return #expect(Bool(false), "\(error as Any)") }
        #expect(registry.count("GET") == 1)
    }

    @Test func `a list without an end is an error`() async throws {
        registry.setManner { $0.pageSize = 1 }
        try add((1...1001).map { "v\($0)" })
        let error = await #expect(throws: RegistryError.self) { try await client.tags(of: reference) }
        #expect(error?.description.contains("the list has more than 1000 pages") == true, "\(error as Any)")
        #expect(registry.count("GET", "/tags/list") == 1000)
    }

    @Test func `a link to another host is followed without Authorization`() async throws {
        let other = TestRegistry()
        let guarded = TestRegistry(access: .basic(user: "u", password: "p"))
        let client = RegistryClient.forTests(.basic(user: "u", password: .init("p")))
        let name = try ImageReference("\(guarded.host)/team/app:v1")
        _ = try await client.digest(of: name)
        let link = ["Link": "<http://\(other.host)/tags/list>; rel=next"]
        guarded.inject(.status(200, headers: link, body: #"{"tags":["a"]}"#), path: "/tags/list")
        other.inject(.status(200, body: #"{"tags":["b"]}"#), path: "/tags/list")
        #expect(try await client.tags(of: name) == ["a", "b"])
        #expect(other.requests.allSatisfy { $0.authorization == nil })
    }

    @Test func `a list that is no list is an error`() async throws {
        registry.inject(.status(200, body: "<html>"), path: "/tags/list")
        let error = await #expect(throws: RegistryError.self) { try await client.tags(of: reference) }
        guard case .unexpectedAnswer = error else { return #expect(Bool(false), "\(error as Any)") }
    }
}

@Suite struct DeletionTests {
    private let registry = TestRegistry()
    private let client = RegistryClient.forTests()

    private var reference: ImageReference { get throws { try ImageReference("\(registry.host)/app:v1") } }

    @Test func `a manifest is deleted by the digest that its tag has`() async throws {
        let image = try TestImage(layers: [noise(10)])
        registry.addManifest(image.manifest, mediaType: MediaType.imageManifest.rawValue, to: "app", tag: "v1")
        #expect(try await client.deleteManifest(reference))
        #expect(registry.requests.last?.path == "/v2/app/manifests/\(image.digest)")
        #expect(registry.manifest("app", "v1") == nil)
        #expect(try await client.deleteManifest(reference) == false)
        #expect(try await client.deleteManifest(reference.pinned(to: image.digest)) == false)
    }

    @Test func `a blob is deleted, and sent again when it is wanted again`() async throws {
        let image = try TestImage(layers: [noise(10)])
        try await image.push(to: reference, with: client)
        let layer = image.blobs[0]
        #expect(try await client.deleteBlob(layer.descriptor.digest, in: reference))
        #expect(try await client.deleteBlob(layer.descriptor.digest, in: reference) == false)
        #expect(try await client.upload(layer.descriptor, from: layer.path, to: reference) == .uploaded)
    }

    @Test func `a registry that does not delete is named`() async throws {
        let image = try TestImage(layers: [noise(10)])
        registry.addManifest(image.manifest, mediaType: MediaType.imageManifest.rawValue, to: "app", tag: "v1")
        registry.setManner { $0.deletes = false }
        let error = RegistryError.cannotDelete(operation: "deletion of \(try reference)", registry: registry.host)
        await #expect(throws: error) { try await client.deleteManifest(reference) }
        #expect("\(error)".contains("storage.delete.enabled"))
    }
}
