extension InstructionParser {
    func run(_ flags: FlagSet) throws(DockerfileFault) -> RunInstruction {
        var run = RunInstruction(command: try command(rest))
        if run.command == .exec([]) { throw .atLeastOneArgument(keyword) }
        let network = flags["network"] ?? "default"
        guard let mode = RunInstruction.Network(rawValue: network) else { throw .invalidNetwork(network) }
        run.network = mode
        let name = flags["security"] ?? "sandbox"
        guard let security = RunInstruction.Security(rawValue: name) else { throw .invalidSecurity(name) }
        run.security = security
        for text in flags.all("mount") { run.mountTexts.append(try RunMountText(text)) }
        for text in flags.all("device") { run.devices.append(try DeviceRequest(parsing: text)) }
        try takeHeredocs(&run)
        return run
    }

    /// A command that is one heredoc word is its body: the shell gets that, or a file of it if it begins with `#!`.
    /// Any other heredoc is the shell's own business.
    private func takeHeredocs(_ run: inout RunInstruction) throws(DockerfileFault) {
        guard let first = heredocs.first, case .shell(let text) = run.command else { return }
        guard HeredocWord(text) != nil else {
            run.command = .shell(text + (try followingHeredocs()))
            return
        }
        let heredoc = first.heredoc
        guard heredoc.body.starts(with: "#!".utf8) else {
            run.command = .shell(try Self.text(heredoc.body, of: heredoc.name))
            return
        }
        guard FileName.isValid(heredoc.name) else { throw .heredocName(heredoc.name) }
        run.script = heredoc
        run.command = .shell(RunInstruction.scriptPath(heredoc.name))
    }

    /// All bodies with their terminators, each behind a line feed; nothing is stripped.
    func followingHeredocs() throws(DockerfileFault) -> String {
        var result = ""
        for heredoc in heredocs { result += "\n" + (try Self.text(heredoc.asWritten, of: heredoc.word.name)) }
        return result
    }

    /// A command is text: the kernel would take other bytes too, but neither history nor config can hold them.
    private static func text(_ bytes: [UInt8], of name: String) throws(DockerfileFault) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .heredocEncoding(name) }
        if bytes.contains(0) { throw .containsNUL }
        return text
    }
}

/// Names that a single file can have.
enum FileName {
    static func isValid(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(UInt8(ascii: "/"))
            && !name.utf8.contains(0)
    }
}
