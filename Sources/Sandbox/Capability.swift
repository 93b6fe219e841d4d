/// A capability of Linux, by its number in capabilities(7).
struct Capability: Equatable, CustomStringConvertible {
    let number: UInt64
    /// As container runtimes spell it: without CAP_.
    let name: String

    static let setGID = Capability(number: 6, name: "SETGID")
    static let setUID = Capability(number: 7, name: "SETUID")
    static let dacOverride = Capability(number: 1, name: "DAC_OVERRIDE")

    /// What making files of images, entering a folder as root and ending steps of other users take.
    static let ofJail = [
        Capability(number: 0, name: "CHOWN"), dacOverride, Capability(number: 3, name: "FOWNER"),
        Capability(number: 4, name: "FSETID"), Capability(number: 5, name: "KILL"),
        Capability(number: 27, name: "MKNOD"),
        Capability(number: 31, name: "SETFCAP"), setGID, setUID, Capability(number: 18, name: "SYS_CHROOT"),
    ]

    /// What making files of images and becoming the steps' user take.
    static let ofInPlace = [
        Capability(number: 0, name: "CHOWN"), dacOverride, Capability(number: 3, name: "FOWNER"),
        Capability(number: 31, name: "SETFCAP"), setGID, setUID,
    ]

    var description: String { "CAP_\(name)" }

    /// The effective ones of this process, from the `CapEff` line of its status.
    static func missing(of wanted: [Capability], status: String? = TextFile.read("/proc/self/status")) -> [Capability] {
        let line = status?.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let effective = line.flatMap {
            UInt64($0.dropFirst("CapEff:".count).drop { $0 == "\t" || $0 == " " }, radix: 16)
        }
        return wanted.filter { (effective ?? 0) >> $0.number & 1 == 0 }
    }
}
