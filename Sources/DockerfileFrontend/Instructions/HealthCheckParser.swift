/// Reads the arguments of HEALTHCHECK.
struct HealthCheckParser {
    let rest: Scalars
    let flags: FlagSet

    func healthCheck() throws(DockerfileFault) -> HealthCheck {
        guard !rest.isEmpty else { throw .atLeastOneArgument(.healthcheck) }
        let end = rest.firstIndex { $0.isSpace } ?? rest.endIndex
        let type = rest[..<end].text.uppercased()
        let arguments = rest[end...].trimmedStart()
        if type == "NONE" {
            guard arguments.isEmpty else { throw .healthcheckNoneArguments }
            return HealthCheck(test: [type])
        }
        guard type == "CMD" else { throw .unknownHealthcheckType(type) }
        return HealthCheck(
            test: try test(arguments), interval: try duration("interval"), timeout: try duration("timeout"),
            startPeriod: try duration("start-period"), startInterval: try duration("start-interval"),
            retries: try retries())
    }

    private func test(_ arguments: Scalars) throws(DockerfileFault) -> [String] {
        switch JSONArray(arguments) {
        case .mixed: throw .arrayOfNonStrings
        case .strings(let command) where !command.isEmpty: return ["CMD"] + command
        case nil where !arguments.isEmpty: return ["CMD-SHELL", arguments.text]
        default: throw .missingHealthcheckCommand
        }
    }

    /// At least a millisecond, or zero, which is unset.
    private func duration(_ name: String) throws(DockerfileFault) -> GoDuration {
        guard let text = flags[name] else { return .zero }
        let duration: GoDuration
        do throws(GoDurationError) {
            duration = try GoDuration(parsing: text)
        } catch {
            throw .invalidDuration(error)
        }
        guard duration == .zero || duration.nanoseconds >= 1_000_000 else { throw .intervalTooShort(name) }
        return duration
    }

    private func retries() throws(DockerfileFault) -> Int {
        guard let text = flags["retries"] else { return 0 }
        guard let retries = Int32(text) else { throw .invalidRetries(text) }
        guard retries >= 0 else { throw .negativeRetries(Int(retries)) }
        return Int(retries)
    }
}
