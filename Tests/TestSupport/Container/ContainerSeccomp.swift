import Foundation

/// Docker's default filter in the form of the OCI runtime specification.
struct ContainerSeccomp: Encodable {
    struct Rule: Encodable {
        struct Argument: Encodable {
            var index: UInt
            var value: UInt64
            var valueTwo: UInt64 = 0
            var op: String
        }

        var names: [String]
        var action = "SCMP_ACT_ALLOW"
        var errnoRet: UInt?
        var args: [Argument]?
    }

    private struct Names: Decodable {
        var always: [String]
        var with: [String: [String]]
    }

    let defaultAction = "SCMP_ACT_ERRNO"
    let defaultErrnoRet: UInt = 1
    let architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    let syscalls: [Rule]

    init(capabilities: [String], permitsNamespaces: Bool = false) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../Fixtures/docker-seccomp.json")
        let names = try JSONDecoder().decode(Names.self, from: Data(contentsOf: file.standardizedFileURL))
        var rules = [Rule(names: names.always)]
        rules += capabilities.compactMap { names.with[$0] }.map { Rule(names: $0) }
        if permitsNamespaces {
            rules.append(Rule(names: Self.podmans))
        } else if !capabilities.contains("CAP_SYS_ADMIN") {
            rules += Self.noNamespaces
        }
        // No AF_VSOCK.
        rules.append(Rule(names: ["socket"], args: [.init(index: 0, value: 40, op: "SCMP_CMP_NE")]))
        rules += [0, 0x8, 0x20000, 0x20008, 0xffff_ffff].map { persona in
            Rule(names: ["personality"], args: [.init(index: 0, value: persona, op: "SCMP_CMP_EQ")])
        }
        syscalls = rules
    }

    /// What podman's filter lets through that Docker's does not; see containers-common's seccomp.json.
    private static let podmans = [
        "clone", "clone3", "fsconfig", "fsmount", "fsopen", "fspick", "keyctl", "mount", "mount_setattr", "move_mount",
        "open_tree", "pivot_root", "umount", "umount2", "unshare",
    ]

    /// clone with no flag of a namespace; clone3 has its flags in memory, where no filter can look.
    private static let noNamespaces = [
        Rule(names: ["clone"], args: [.init(index: 0, value: 0x7e02_0000, op: "SCMP_CMP_MASKED_EQ")]),
        Rule(names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38),
    ]
}
