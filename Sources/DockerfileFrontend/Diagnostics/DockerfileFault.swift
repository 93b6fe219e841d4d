/// What can be wrong with a Dockerfile, as facts; the texts are BuildKit's where it has one.
public enum DockerfileFault: Error, Hashable, Sendable {
    // The file
    case emptyFile
    case noInstructions
    case noStages
    case lineTooLong
    case containsNUL
    case foreignSyntax(String)
    case repeatedDirective(String)
    case invalidEscapeToken(String)

    // An instruction's syntax
    case unknownInstruction(String, suggestion: String?)
    case noStageYet
    case unknownFlag(String, suggestion: String?)
    case duplicateFlag(String)
    case missingFlagValue(String)
    case notBoolean(flag: String, value: String)
    case exactlyOneArgument(Keyword)
    case atLeastOneArgument(Keyword)
    case twoArguments(Keyword)
    case noDestination(Keyword)
    case arrayOfNonStrings
    case notJSON(Keyword)
    case missingEquals(String)
    case blankName(Keyword)
    case blankVolume
    case fromArguments
    case invalidStageName(String)
    case invalidNetwork(String)
    case invalidSecurity(String)
    case invalidMount(RunMountError)
    case invalidDevice(DeviceError)
    case chainedOnbuild
    case forbiddenTrigger(String)
    case severalTriggers
    case heredocDestination(Keyword)
    case unterminatedHeredoc
    case heredocEncoding(String)
    case heredocName(String)
    case invalidEncoding(Keyword)
    case healthcheckNoneArguments
    case missingHealthcheckCommand
    case unknownHealthcheckType(String)
    case invalidDuration(GoDurationError)
    case intervalTooShort(String)
    case invalidRetries(String)
    case negativeRetries(Int)

    // Its meaning
    case expansion(ExpansionError)
    case blankBase(String)
    case emptyPlatform(String, suggestion: String?)
    case unknownTarget(String, suggestion: String?)
    case invalidStageIndex(String)
    case stageNotYetDefined(String, current: String)
    case mountNotYetDefined(String, target: String)
    case circularDependency(String)
    case variableInFrom
    case urlForCopy
    case gitForCopy
    case invalidGitSource(GitSourceError)
    case checksumOfSeveral
    case checksumOfLocal
    case invalidChecksum(String)
    case checksumConflict(String, String)
    case gitFolderConflict
    case invalidMode(String)
    case invalidOwner(String)
    case invalidPort(ExposedPortError)
    case invalidSignal(String)
    case invalidFilePattern(String)
    case violatedRules([String])
    case invalidCheckOption(String)
    case tooManyTriggers
    case invalidEpoch(String)
    case unfitEpochStage(String)
    case invalidIgnoreFile(IgnoreFileError)
}
