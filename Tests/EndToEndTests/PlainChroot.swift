import Foundation
import TestSupport

/// The counterpart of a step: a plain chroot, with proc, sys, devices and a folder of the host bound into it, and one descriptor
/// that was left open. Its mounts are its own, so that an attack that succeeds does no harm. Only root can make one.
struct PlainChroot {
    let scene: HostScene

    /// Runs an attack; it ends with 0 when it led somewhere.
    func run(_ attack: StepAttack) throws -> Tool.Result {
        let root = scene.path("root")
        try scene.run(
            "sh", "-c",
            """
            mkdir -p root/bin root/proc root/sys root/dev root/tmp root/etc root/mnt && cp /bin/busybox attack root/bin/
            for applet in $(busybox --list | grep -v busybox); do ln -sf busybox root/bin/$applet; done
            """)
        try write(scene.text + "STATE='\(scene.folder.path)'\n", to: root + "/etc/scene")
        try write(Battle.script(attack), to: root + "/script")
        try write(Battle.script(attack).replacing("/etc/scene", with: root + "/etc/scene"), to: scene.path("script"))
        let environment = "exec env -i BUILD_CREDENTIAL=\(scene.token)"
        let inside = """
            mount -t proc proc \(root)/proc; mount -t sysfs sysfs \(root)/sys; mount --bind /dev \(root)/dev
            mount --bind \(scene.folder.path) \(root)/mnt
            exec 9</
            \(attack.needsWholeRoot
                ? "\(environment) PATH=$PATH:\(root)/bin sh \(scene.path("script"))"
                : "\(environment) PATH=/bin \(root)/bin/busybox chroot \(root) /bin/sh /script")
            """
        return try Tool.run("unshare", "--mount", "--propagation", "private", "sh", "-c", inside)
    }

    private func write(_ text: String, to path: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }
}
