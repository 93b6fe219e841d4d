extension JobEvent {
    /// The value of `event` on the wire.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case started, output, material, layer, progress, warning, finished, failed
        case stepStarted = "step-started"
        case stepEnded = "step-ended"
    }

    public var kind: Kind {
        switch self {
        case .started: .started
        case .stepStarted: .stepStarted
        case .output: .output
        case .stepEnded: .stepEnded
        case .material: .material
        case .layer: .layer
        case .progress: .progress
        case .warning: .warning
        case .finished: .finished
        case .failed: .failed
        }
    }

    private var payload: any Encodable {
        switch self {
        case .started(let payload): payload
        case .stepStarted(let payload): payload
        case .output(let payload): payload
        case .stepEnded(let payload): payload
        case .material(let payload): payload
        case .layer(let payload): payload
        case .progress(let payload): payload
        case .warning(let payload): payload
        case .finished(let payload): payload
        case .failed(let payload): payload
        }
    }
}

extension JobEvent: Codable {
    private enum CodingKeys: String, CodingKey {
        case event
    }

    public init(from decoder: any Decoder) throws {
        self =
            switch try decoder.container(keyedBy: CodingKeys.self).decode(Kind.self, forKey: .event) {
            case .started: .started(try ExecutorStarted(from: decoder))
            case .stepStarted: .stepStarted(try StepStarted(from: decoder))
            case .output: .output(try StepOutput(from: decoder))
            case .stepEnded: .stepEnded(try StepEnded(from: decoder))
            case .material: .material(try Material(from: decoder))
            case .layer: .layer(try LayerCommitted(from: decoder))
            case .progress: .progress(try Progress(from: decoder))
            case .warning: .warning(try Warning(from: decoder))
            case .finished: .finished(try JobResult(from: decoder))
            case .failed: .failed(try JobFailure(from: decoder))
            }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .event)
        try payload.encode(to: encoder)
    }
}
