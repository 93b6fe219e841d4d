import Foundation
import TestSupport
import Testing

/// The program in containers of all the kinds in which builds are run: which rung it takes, and that the image is the one that
/// root builds on the machine itself.
@Suite(.serialized, .enabled(if: ContainerReference.isPossible, "needs root, runc and the quickstart's root archive"))
struct ContainerTests {
    /// A container, and the rung that is taken in it.
    struct Case: Sendable, CustomTestStringConvertible {
        var profile: ContainerProfile
        var stateVolume = true
        var rung = ""

        var testDescription: String { "\(profile)\(stateVolume ? "" : ", no volume")" }
    }

    static let cases = [
        Case(profile: .docker, rung: "jail"),
        Case(profile: .docker, stateVolume: false, rung: "jail"),
        Case(profile: .dockerUnconfined, rung: "mapped"),
        Case(profile: .podman, rung: "mapped"),
        Case(profile: .sixUnconfined, rung: "mapped"),
        Case(profile: .userNamespace, rung: "mapped"),
        Case(profile: .userNamespaceMasked, rung: "mapped"),
        Case(profile: .readOnly, rung: "jail"),
    ]

    private func box(_ container: Case) throws -> ContainerBox {
        let input = try ContainerReference.shared().folder.path
        return try ContainerBox(
            container.profile, programs: Program.folder.path,
            mounts: [ContainerMount(input, at: ContainerReference.mount)], stateVolume: container.stateVolume)
    }

    private func buildAll(_ batch: String, _ options: String..., in box: ContainerBox) throws -> Tool.Result {
        let line = ["/kaniko/build-all", "\(ContainerReference.mount)/\(batch)", "--json", "--progress", "plain"]
        return try box.run(line + options)
    }

    private func rungs(_ box: ContainerBox, stateVolume: Bool) throws -> [String] {
        let file = stateVolume ? box.volume + "/ledger.sqlite" : box.written("/state/ledger.sqlite")
        return try Tool.run("sqlite3", file, "SELECT DISTINCT isolation FROM builds").checked()
            .output.split(separator: "\n").map(String.init)
    }

    @Test(arguments: cases)
    func `a Dockerfile of two stages with apt-get builds, and is what root builds`(_ container: Case) throws {
        let box = try box(container)
        let result = try buildAll("app.yaml", in: box)
        try #require(result.status == 0, "\(result.errorOutput)")
        #expect(try ContainerReference.digests(of: result.output) == ContainerReference.shared().digests["app.yaml"])
        #expect(try rungs(box, stateVolume: container.stateVolume) == [container.rung])
    }

    @Test func `where steps cannot be walled off nothing is built, and it is said what would help`() throws {
        let box = try box(Case(profile: .sixConfined))
        let result = try buildAll("app.yaml", in: box)
        #expect(result.status == 3)
        for word in ["SYS_CHROOT", "seccomp", "pod spec", "GitLab"] { #expect(result.errorOutput.contains(word)) }
        #expect(result.output == "")
    }

    @Test(arguments: cases)
    func `three images after each other in one container are those of three fresh ones`(_ container: Case) throws {
        let one = try box(container)
        let expected = try ContainerReference.shared().digests["three.yaml"] ?? [:]
        for name in ["one", "two", "three"] {
            let result = try buildAll("three.yaml", name, "--no-cache", in: one)
            try #require(result.status == 0, "\(result.errorOutput)")
            #expect(try ContainerReference.digests(of: result.output) == [name: expected[name]])
            let fresh = try buildAll("three.yaml", name, in: box(container))
            #expect(try ContainerReference.digests(of: fresh.output) == [name: expected[name]], "\(fresh.errorOutput)")
        }
        #expect(try rungs(one, stateVolume: container.stateVolume) == [container.rung])
    }
}
