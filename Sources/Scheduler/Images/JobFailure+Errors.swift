internal import Contexts
internal import Export
internal import FileSystem
internal import HTTP
internal import Jobs
internal import Layers
internal import OCI
internal import Registry
internal import Storage

extension JobFailure {
    /// What an error of fetching, publishing or starting means for the image.
    init(_ error: any Error) {
        let text = "\(error)"
        self.init(
            class: Self.failureClass(of: error), message: text,
            summary: text.split(separator: "\n").first.map(String.init) ?? text,
            isTemporary: (error as? any RetriableError)?.isTemporary ?? false)
        if let failure = error as? JobFailure { self = failure }
        if error is CancellationError { self = .cancelled }
    }

    static let cancelled = JobFailure(class: .cancelled, message: "cancelled", summary: "cancelled")

    private static func failureClass(of error: any Error) -> Class {
        switch error {
        case let error as RegistryError: error.isNetworkFailure ? .network : .registry
        case let error as ContextsError: error.isNetworkFailure ? .network : .context
        case is LayersError, is OfflineError, is OCIError: .context
        case is StorageError, is SystemError, is ExportError: .host
        default: .internal
        }
    }
}

extension RegistryError {
    fileprivate var isNetworkFailure: Bool {
        switch self {
        case .network, .truncated: true
        case .gaveUp(_, let last): last.isNetworkFailure
        case .everywhere(let errors): errors.last?.isNetworkFailure == true
        default: false
        }
    }
}
