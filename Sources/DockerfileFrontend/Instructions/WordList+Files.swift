/// COPY, ADD and RUN.
extension WordList {
    mutating func expand(_ copy: CopyInstruction, _ lookup: Lookup) throws(DockerfileFault) -> CopyInstruction {
        var result = copy
        result.sources = try texts(copy.sources, lookup)
        result.heredocs = try bodies(copy.heredocs, lookup)
        result.destination = try text(copy.destination, lookup)
        result.owner = try text(copy.owner, lookup)
        result.mode = try text(copy.mode, lookup)
        for source in result.sources {
            switch try AddSource(source) {
            case .path: continue
            case .url: throw .urlForCopy
            case .git: throw .gitForCopy
            }
        }
        try check(owner: result.owner, mode: result.mode, excludes: result.excludes)
        return result
    }

    mutating func expand(_ add: AddInstruction, _ lookup: Lookup) throws(DockerfileFault) -> AddInstruction {
        var result = add
        result.sources = try texts(add.sources, lookup)
        result.heredocs = try bodies(add.heredocs, lookup)
        result.destination = try text(add.destination, lookup)
        result.owner = try text(add.owner, lookup)
        result.mode = try text(add.mode, lookup)
        result.checksum = try text(add.checksum, lookup)
        try check(owner: result.owner, mode: result.mode, excludes: result.excludes)
        _ = try result.resolvedSources()
        return result
    }

    mutating func expand(_ run: RunInstruction, _ lookup: Lookup) throws(DockerfileFault) -> RunInstruction {
        var result = run
        var agents = 0
        for mountText in run.mountTexts {
            var mount = try mount(mountText, lookup)
            if mount.kind == .ssh {
                mount.target = mount.target ?? "/run/buildkit/ssh_agent.\(agents)"
                agents += 1
            }
            result.mounts.append(mount)
        }
        return result
    }

    mutating func mount(_ mount: RunMountText, _ lookup: Lookup) throws(DockerfileFault) -> RunMount {
        var reader = RunMountReader()
        for field in mount.fields {
            var value: String?
            if let written = field.value { value = try expansion(written, lookup).text }
            do throws(RunMountError) {
                try reader.take(field, value: value)
            } catch {
                throw .invalidMount(error)
            }
        }
        do throws(RunMountError) {
            return try reader.finished()
        } catch {
            throw .invalidMount(error)
        }
    }

    private func check(owner: String?, mode: String?, excludes: [String]) throws(DockerfileFault) {
        if let owner { _ = try Ownership(parsing: owner) }
        if let mode { _ = try FileMode(parsing: mode) }
        if !excludes.isEmpty { _ = try PathMatcher(excludes) }
    }

    /// Bodies of documents that are not quoted. Quotes in them are text, and the escape token is always the backslash.
    private mutating func bodies(_ heredocs: [Heredoc], _ lookup: Lookup) throws(DockerfileFault) -> [Heredoc] {
        let expander = WordExpander(escape: .backslash, mode: .ignoresQuotes)
        var result: [Heredoc] = []
        for var heredoc in heredocs {
            if heredoc.isExpanded {
                let values: (String) -> String? = { name in lookup(name).map { RawText.text(of: Array($0.utf8)) } }
                let text = try expansion(RawText.text(of: heredoc.body), values, by: expander).text
                heredoc.body = RawText.bytes(of: text)
            }
            result.append(heredoc)
        }
        return result
    }
}
