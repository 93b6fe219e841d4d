extension DockerfileFault: CustomStringConvertible {
    // One table, so that the compiler finds a fault without a text.
    public var description: String {
        switch self {
        // The file
        case .emptyFile: "the Dockerfile cannot be empty"
        case .noInstructions: "file with no instructions"
        case .noStages: "dockerfile contains no stages to build"
        case .lineTooLong: "dockerfile line greater than max allowed size of \(LogicalLineReader.longestLine)"
        case .containsNUL: "line contains a NUL byte"
        case .foreignSyntax(let name):
            "the file is written for the frontend \(name), which cannot be run: only Dockerfiles can be built"
        case .repeatedDirective(let name): "only one \(name) parser directive can be used"
        case .invalidEscapeToken(let token): "invalid escape token '\(token)' does not match ` or \\"
        // An instruction's syntax
        case .unknownInstruction(let word, let suggestion):
            "unknown instruction: \(word)" + Suggestion.hint(suggestion)
        case .noStageYet: "no build stage in current context"
        case .unknownFlag(let name, let suggestion): "unknown flag: --\(name)" + Suggestion.hint(suggestion)
        case .duplicateFlag(let name): "duplicate flag specified: --\(name)"
        case .missingFlagValue(let name): "missing a value on flag: --\(name)"
        case .notBoolean(let name, let value): "expecting boolean value for flag --\(name), not: \(value)"
        case .exactlyOneArgument(let keyword): "\(keyword.rawValue) requires exactly one argument"
        case .atLeastOneArgument(let keyword): "\(keyword.rawValue) requires at least one argument"
        case .twoArguments(let keyword): "\(keyword.rawValue) must have two arguments"
        case .noDestination(let keyword):
            "\(keyword.rawValue) requires at least two arguments, but only one was provided. "
                + "Destination could not be determined"
        case .arrayOfNonStrings: "when using JSON array syntax, arrays must be comprised of strings only"
        case .notJSON(let keyword): "\(keyword.rawValue) requires the arguments to be in JSON form"
        case .missingEquals(let word):
            "Syntax error - can't find = in \(word.quoted). Must be of the form: name=value"
        case .blankName(let keyword): "\(keyword.rawValue) names can not be blank"
        case .blankVolume: "VOLUME specified can not be an empty string"
        case .fromArguments: "FROM requires either one or three arguments"
        case .invalidStageName(let name):
            "invalid name for build stage: \(name.quoted), name can't start with a number or contain symbols"
        case .invalidNetwork(let name): "invalid network mode: \(name.quoted)"
        case .invalidSecurity(let name): "security \(name.quoted) is not valid"
        case .invalidMount(let error): error.description
        case .invalidDevice(let error): error.description
        case .chainedOnbuild: "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
        case .forbiddenTrigger(let keyword): "\(keyword) isn't allowed as an ONBUILD trigger"
        case .severalTriggers: "onbuild trigger should be a single expression"
        case .heredocDestination(let keyword): "\(keyword.rawValue) cannot accept a heredoc as a destination"
        case .unterminatedHeredoc: "unterminated heredoc"
        case .heredocEncoding(let name): "heredoc \(name) is not valid UTF-8"
        case .heredocName(let name): "heredoc \(name.quoted) is no file name"
        case .invalidEncoding(let keyword): "\(keyword.rawValue) names a path that is not valid UTF-8"
        // HEALTHCHECK
        case .healthcheckNoneArguments: "HEALTHCHECK NONE takes no arguments"
        case .missingHealthcheckCommand: "Missing command after HEALTHCHECK CMD"
        case .unknownHealthcheckType(let type): "Unknown type \(type.quoted) in HEALTHCHECK (try CMD)"
        case .invalidDuration(let error): error.description
        case .intervalTooShort(let name): "Interval \(name.quoted) cannot be less than 1ms"
        case .invalidRetries(let text): "--retries is not a number: \(text.quoted)"
        case .negativeRetries(let count): "--retries cannot be negative (\(count))"
        // Its meaning
        case .expansion(let error): error.description
        case .blankBase(let word): "base name (\(word)) should not be blank"
        case .emptyPlatform(let word, let suggestion):
            "empty platform value from expression \(word)" + Suggestion.hint(suggestion)
        case .unknownTarget(let name, let suggestion):
            "target stage \(name.quoted) could not be found" + Suggestion.hint(suggestion)
        case .invalidStageIndex(let index): "invalid stage index \(index)"
        case .stageNotYetDefined(let name, let current):
            "cannot copy from stage \(name.quoted), it needs to be defined before current stage \(current.quoted)"
        case .mountNotYetDefined(let name, let target):
            "cannot mount from stage \(name.quoted) to \(target.quoted), stage needs to be defined before current "
                + "command"
        case .circularDependency(let name): "circular dependency detected on stage: \(name)"
        case .variableInFrom:
            "variable expansion is not supported for --from, define a new stage with FROM using ARG from global "
                + "scope as a workaround"
        case .urlForCopy: "source can't be a URL for COPY"
        case .gitForCopy: "source can't be a git ref for COPY"
        case .invalidGitSource(let error): error.description
        case .checksumOfSeveral: "checksum can't be specified for multiple sources"
        case .checksumOfLocal: "checksum requires HTTP(S) or Git sources"
        case .invalidChecksum(let text): "invalid checksum digest format: \(text.quoted)"
        case .checksumConflict(let one, let other): "checksum mismatch \(one.quoted) != \(other.quoted)"
        case .gitFolderConflict: "inconsistent keep-git-dir configuration"
        case .invalidMode(let text):
            "invalid chmod parameter: '\(text)'. it should be octal string and between 0 and 07777"
        case .invalidOwner(let text): "invalid user or group: '\(text)'"
        case .invalidPort(let error): error.description
        case .invalidSignal(let text): "invalid signal: \(text)"
        case .invalidFilePattern(let text): "syntax error in pattern: \(text)"
        case .violatedRules(let rules): "lint violation found for rules: " + rules.joined(separator: ", ")
        case .invalidCheckOption(let text):
            "failed to parse check options: invalid check option \(text.quoted)"
        case .tooManyTriggers: "more than \(StageResolver.mostTriggers) ONBUILD triggers would run"
        case .invalidEpoch(let text): "invalid SOURCE_DATE_EPOCH: \(text)"
        case .unfitEpochStage(let reason): "SOURCE_DATE_EPOCH stage \(reason)"
        case .invalidIgnoreFile(let error): error.description
        }
    }
}
