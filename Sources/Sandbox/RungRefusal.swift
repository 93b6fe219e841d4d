internal import Glibc

/// Why a rung cannot be used.
enum RungRefusal: Error, Equatable {
    case needsRoot
    case needsOrdinaryUser
    case failed(SandboxError)
    case unexpected(String)
}

extension RungRefusal: CustomStringConvertible {
    var description: String {
        switch self {
        case .needsRoot: "only root can shift ids by a mount"
        case .needsOrdinaryUser: "root has a rung of its own"
        case .failed(let error): "\(error)"
        case .unexpected(let text): text
        }
    }

    /// What to do, where one cause explains the failure.
    var remedy: String? {
        guard case .failed(let error) = self else { return nil }
        switch error {
        case .noSubordinateIDs(let file, let user, _, _):
            let option = file.hasSuffix("subgid") ? "--add-subgids" : "--add-subuids"
            return "as root: usermod \(option) 100000-165535 \(user)"
        case .systemCall("find", _, _):
            return "as root: apt-get install uidmap"
        case .systemCall(let call, _, let errno):
            return Self.remedies.first { call.hasPrefix($0.call) && ($0.errno == nil || $0.errno == errno) }?.text
        default:
            return nil
        }
    }

    private static let remedies: [(call: String, errno: CInt?, text: String)] = [
        (
            "clone3 with a user namespace", EPERM,
            "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 and "
                + "kernel.apparmor_restrict_unprivileged_userns=0; in a container, a seccomp profile that permits them"
        ),
        ("clone3 with a user namespace", ENOSPC, "raise user.max_user_namespaces by sysctl"),
        ("clone3 with mount", EPERM, "give the container CAP_SYS_ADMIN, or run outside of it"),
        ("clone3", ENOSYS, "Linux 5.5 or later is needed, and a seccomp profile that permits clone3"),
        ("newuidmap", nil, "check that newuidmap has its set-user-id bit or file capability"),
        ("newgidmap", nil, "check that newgidmap has its set-user-id bit or file capability"),
        (
            "mount_setattr with an id map", EINVAL,
            "move the state folder to a file system with id-mapped mounts (ext4, xfs, btrfs, tmpfs since Linux 6.3), "
                + "not on an overlay"
        ),
        (
            "mount a fresh /proc", EPERM,
            "the container hides parts of /proc: run it with an unmasked /proc (--security-opt systempaths=unconfined)"
        ),
        (
            "overlay", EINVAL,
            "move the state folder to a file system that overlayfs can use (ext4, xfs, btrfs, tmpfs), not on an overlay; "
                + "Linux 6.8 or later is needed"
        ),
        ("mount an overlay", EINVAL, "move the state folder off the overlay file system, to ext4, xfs, btrfs or tmpfs"),
    ]
}
