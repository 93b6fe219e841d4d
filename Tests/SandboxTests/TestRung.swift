import Glibc
import Sandbox

/// The rung that this run of the suite is for: BUILD_ALL_TEST_RUNG, or the one that fits the user.
enum TestRung {
    static let current: Rung = {
        let wanted = getenv("BUILD_ALL_TEST_RUNG").flatMap { Rung(rawValue: String(cString: $0)) }
        return wanted ?? (geteuid() == 0 ? .shifted : .subid)
    }()

    /// Does the machine have what the rung needs, and the shell that test images are made of?
    static let isUsable: Bool = {
        guard access(TestState.busybox, X_OK) == 0, let state = try? TestState() else { return false }
        guard let refusal = state.report(for: current)?.refusal else { return true }
        print("sandbox tests are skipped: \(current) is refused: \(refusal)")
        return false
    }()

    /// Does the disk hold the ids that the image has?
    static let keepsImageIDs = current == .shifted || current == .rootns

    /// The id on the host's disk of an image's id, where the test can look at it.
    static let hasPrivateNetwork: Bool = isUsable && (try? TestState().networkOfPrivateStep()) == .private
}
