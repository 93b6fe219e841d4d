import DockerfileFrontend
import Testing

/// The rules that are functions from text to text, each a table in Fixtures/tables.
@Suite struct TableTests {
    private func expander(_ settings: [String: String]) -> WordExpander {
        WordExpander(escape: settings["escape"] == "`" ? .backtick : .backslash)
    }

    @Test(arguments: ["expansion", "expansion-backtick"])
    func `words expand`(table: String) throws {
        try TextTable(table).check { input, settings in
            do {
                let result = try expander(settings).expand(input) { settings["$" + $0] }
                let remark = result.undefined.isEmpty ? "" : "   undefined: " + result.undefined.joined(separator: " ")
                return (result.text.isEmpty ? "(empty)" : result.text) + remark
            } catch {
                return "! \((error as? ExpansionError)?.fault.description ?? "\(error)")"
            }
        }
    }

    @Test func `expanded words split where they are not quoted`() throws {
        try TextTable("split").check { input, settings in
            (try? expander(settings).expand(input) { settings["$" + $0] }).map { words($0.words) } ?? "!"
        }
    }

    @Test func `instructions are read`() throws {
        try TextTable("instructions").check { input, settings in
            do {
                let escape = settings["escape"].map { "# escape=\($0)\n" } ?? ""
                let file = try Dockerfile(parsing: "\(escape)FROM x\n\(input)\n")
                return file.stages.flatMap(\.instructions).map { dump($0.kind) }.joined(separator: " ; ")
            } catch {
                return faults(error)
            }
        }
    }

    @Test func `FROM lines are read`() throws {
        try TextTable("from").check { input, _ in
            do {
                let stage = try Dockerfile(parsing: input).stages[0]
                return "\(word(stage.base)) name=\(stage.name ?? "-") platform=\(stage.platform ?? "-")"
            } catch {
                return faults(error)
            }
        }
    }

    @Test func `instructions expand`() throws {
        try TextTable("instruction-expansion").check { input, settings in
            do {
                let file = try Dockerfile(parsing: "FROM x\n\(input)\n")
                let result = try file.stages[0].instructions[0].expanded(by: file.expander) { settings["$" + $0] }
                let remark = result.undefined.isEmpty ? "" : "   undefined: " + result.undefined.joined(separator: " ")
                return dump(result.kind) + remark
            } catch {
                return "! \(error)"
            }
        }
    }

    /// Mounts as they are once variables are replaced; a WORKDIR is joined by who makes them.
    @Test func `mounts are read`() throws {
        try TextTable("mounts").check { input, settings in
            do {
                let file = try Dockerfile(parsing: "FROM x\nRUN \(input) true\n")
                let result = try file.stages[0].instructions[0].expanded(by: file.expander) { settings["$" + $0] }
                guard case .run(let run) = result.kind else { return "no RUN" }
                return run.mounts.map(dump).joined(separator: " ; ")
            } catch {
                return (error as? DockerfileError).map { "!! \($0)" } ?? faults(error)
            }
        }
    }

    @Test func `sources of ADD are told apart`() throws {
        try TextTable("add-sources").check { input, settings in
            do {
                return dump(try AddSource(input, isGit: settings["keep-git-dir"] == "yes"))
            } catch {
                return "! \(error)"
            }
        }
    }

    @Test func `files of a URL have a name`() throws {
        try TextTable("url-names").check { input, _ in AddSource.fileName(ofURL: input) }
    }

    @Test func `flags of ADD go with its sources`() throws {
        try TextTable("add-flags").check { input, settings in
            do {
                let file = try Dockerfile(parsing: "FROM x\n\(input)\n")
                let result = try file.stages[0].instructions[0].expanded(by: file.expander) { settings["$" + $0] }
                guard case .add(let add) = result.kind else { return "no ADD" }
                return try add.resolvedSources().map(dump).joined(separator: " ; ")
            } catch {
                return "! \(error)"
            }
        }
    }

    @Test func `paths match excluded and included patterns`() throws {
        try TextTable("path-patterns").check { input, settings in
            do {
                let matcher = try PathMatcher((settings["patterns"] ?? "").split(separator: " ").map(String.init))
                let position = input.split(separator: "/").reduce(matcher.root) { $0.entering(Array($1.utf8)) }
                let marks = [
                    (position.isMatched, "matched"), (position.mayMatchBelow, "more below"),
                    (position.mayMissBelow, "others below"),
                ]
                #expect(position.isMatched == matcher.matches(input), "\(input)")
                return marks.filter(\.0).map(\.1).joined(separator: ", ")
            } catch {
                return "! \(error)"
            }
        }
    }

    @Test func `sources of COPY --parents have a pivot`() throws {
        try TextTable("parents").check { input, _ in
            let path = ParentsPath(input)
            return "\(word(path.folder)) \(word(path.pattern))" + (path.isRequired ? "" : " optional")
        }
    }

    @Test func `names of images are judged`() throws {
        try TextTable("references").check { input, _ in
            let file = try? Dockerfile(parsing: "FROM \(input)\n")
            let platform = PlatformValues(os: "linux", architecture: "amd64")
            return file.flatMap { try? GlobalScope($0, targetPlatform: platform) }
                .map { $0.warnings.isEmpty ? "valid" : "invalid" } ?? "!"
        }
    }

    @Test(arguments: ["lint", "lint-stages"])
    func `the linter warns`(table: String) throws {
        try TextTable(table).check { input, settings in
            do {
                let file = try Dockerfile(parsing: (settings["head"] ?? "") + input)
                let platform = PlatformValues(os: "linux", architecture: "amd64")
                let scope = try GlobalScope(file, targetPlatform: platform)
                let report = try StageGraph(file, scope: scope, includesAllStages: true).lint(
                    ignoreFile: settings["ignore"], environment: { _ in settings["base"].map { ["PATH": $0] } },
                    hasShell: { _ in settings["base"] != nil })
                let errors = report.errors.map { "! \($0)" }
                let options = try file.checkOptions(buildArguments: [:])
                return (errors + (try options.filter(report.warnings)).map(\.description)).joined(separator: " ; ")
            } catch {
                return (error as? DockerfileFault).map { "! \($0)" } ?? faults(error)
            }
        }
    }

    @Test func `SOURCE_DATE_EPOCH is understood`() throws {
        try TextTable("epoch").check { input, settings in
            do {
                let file = try Dockerfile(parsing: input)
                let platform = PlatformValues(os: "linux", architecture: "amd64")
                let given = settings["given"].map { ["SOURCE_DATE_EPOCH": $0] } ?? [:]
                let scope = try GlobalScope(file, buildArguments: given, targetPlatform: platform)
                return try StageGraph(file, scope: scope, namedContexts: ["named"]).sourceDateEpoch().map(dump) ?? "-"
            } catch {
                return faults(error)
            }
        }
    }

    @Test func `ignore files match`() throws {
        try TextTable("ignore").check { input, settings in
            do {
                let text = (settings["file"] ?? "").replacing("␍", with: "\r").replacing("⏎", with: "\n")
                let file = try IgnoreFile(parsing: text)
                return (file.isExcluded(input) ? "ignored" : "kept") + (file.mustWalk(input) ? ", walked" : "")
            } catch {
                return "! \(error)"
            }
        }
    }

    @Test func `file patterns match`() throws {
        try TextTable("patterns").check { input, _ in
            let parts = input.split(separator: " ").map(String.init)
            do {
                let pattern = try FilePattern(parts[0])
                return parts.dropFirst().map { pattern.matches(Array($0.utf8)) ? "yes" : "no" }.joined(separator: " ")
            } catch {
                return "! \(error)"
            }
        }
    }

    @Test func `source paths split into components`() throws {
        try TextTable("sources").check { input, _ in
            let patterns = try? FilePattern.components(of: input)
            guard let patterns else { return "!" }
            return patterns.map { $0.literal.map { word(String(decoding: $0, as: UTF8.self)) } ?? "*" }
                .joined(separator: " ")
        }
    }

    @Test func `modes change`() throws {
        try TextTable("modes").check { input, _ in
            let parts = input.split(separator: " ").map(String.init)
            do {
                let mode = try FileMode(parsing: parts[0])
                let old = UInt16(parts[1], radix: 8) ?? 0
                let new = mode.apply(to: old, isDirectory: parts[2] == "directory")
                return "\(String(new, radix: 8)) parents \(String(mode.parentDirectoryMode, radix: 8))"
            } catch {
                return "! \(error)"
            }
        }
    }

    @Test func `values are read`() throws {
        try TextTable("values").check { input, _ in
            let (kind, text) = (input.prefix { $0 != " " }, String(input.drop { $0 != " " }.dropFirst()))
            do {
                switch kind {
                case "port": return try ExposedPort.parse(text).map(\.description).joined(separator: " ")
                case "signal": return try StopSignal.validated(text)
                case "duration":
                    let duration = try GoDuration(parsing: text)
                    return "\(duration.nanoseconds) \(duration)"
                case "owner":
                    let owner = try Ownership(parsing: text)
                    return "\(named(owner.user)) \(owner.group.map(named) ?? "-")"
                case "clean": return CleanPath.clean(text)
                case "near": return Suggestion.nearest(to: text, in: ["from", "chown", "chmod", "link"]) ?? "-"
                default: return "unknown kind"
                }
            } catch {
                return "! \(error)"
            }
        }
    }

    private func faults(_ error: any Error) -> String {
        "! " + ((error as? DockerfileErrors)?.errors ?? []).map { "\($0.fault)" }.joined(separator: " ; ")
    }

    private func named(_ account: Ownership.Account) -> String {
        switch account {
        case .id(let id): "\(id)"
        case .name(let name): word(name)
        }
    }
}
