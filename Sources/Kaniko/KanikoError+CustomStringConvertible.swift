extension KanikoError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownFlag(let flag, let nearest):
            "unknown flag: \(flag)" + (nearest.map { "; did you mean \($0)?" } ?? "")
        case .missingValue(let flag): "\(flag): a value is needed"
        case .badValue(let flag, let value, let reason): "\(flag)=\(value): \(reason)"
        case .unexpectedArgument(let text, let flag?):
            "unexpected argument \"\(text)\": the value of \(flag) stands behind =, as \(flag)=\(text)"
        case .unexpectedArgument(let text, nil):
            "unexpected argument \"\(text)\": everything is said by flags, see --help"
        case .noDestination: "you must provide --destination, or use --no-push"
        case .nothingToWarm: "you must name an image by --image, or a Dockerfile by --dockerfile"
        case .cacheWithoutRepository: "if using cache with --no-push, specify cache repo with --cache-repo"
        case .namesNothing(let flag): "\(flag): you must provide --destination, which it writes down"
        case .noDockerfile(let path, let context):
            "please provide a valid path to a Dockerfile with --dockerfile: there is no \(path) in the working folder"
                + (context.map { ", nor in the context \($0)" } ?? "")
        }
    }
}
