/// STOPSIGNAL's argument: a number, or a Linux signal's name with or without `SIG`.
public enum StopSignal {
    private static let names: Set<String> = Set(
        """
        ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP
        TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX
        """.split { $0 == " " || $0 == "\n" }.map(String.init)
            + (1...15).map { "RTMIN+\($0)" } + (1...14).map { "RTMAX-\($0)" })

    /// The text as it was given.
    public static func validated(_ text: String) throws(DockerfileFault) -> String {
        if let number = Int32(text) {
            guard number > 0 else { throw .invalidSignal(text) }
            return text
        }
        let name = text.uppercased()
        guard names.contains(name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name) else {
            throw .invalidSignal(text)
        }
        return text
    }
}
