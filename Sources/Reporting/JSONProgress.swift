public import Jobs

/// `--progress json`: one object a line: the executors' events with run and image added, and the run's own.
public struct JSONProgress: Sendable {
    private var run: String

    /// `run` is what events before `started` belong to.
    public init(run: String = "") { self.run = run }

    /// The line for an event, without its newline.
    public mutating func line(for event: RunEvent) throws -> String {
        if case .started(let start) = event { run = start.run }
        return try JSONText.of(Line(run: run, event: event))
    }

    private struct Line: Encodable {
        let run: String
        let event: RunEvent

        private enum CodingKeys: String, CodingKey {
            case run, event, image, message
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(run, forKey: .run)
            switch event {
            case .context(let payload): try write("context", payload, &container, encoder)
            case .started(let payload): try write("run-started", payload, &container, encoder)
            case .imageStarted(let payload): try write("image-started", payload, &container, encoder)
            case .image(let name, let payload):
                try container.encode(name, forKey: .image)
                try payload.encode(to: encoder)
            case .push(let payload): try write("push", payload, &container, encoder)
            case .retry(let payload): try write("retry", payload, &container, encoder)
            case .imageEnded(let payload): try write("image-ended", payload, &container, encoder)
            case .warning(let image, let message):
                try container.encode("run-warning", forKey: .event)
                try container.encodeIfPresent(image, forKey: .image)
                try container.encode(message, forKey: .message)
            case .ended(let payload): try write("run-ended", payload, &container, encoder)
            }
        }

        private func write(
            _ name: String, _ payload: some Encodable, _ container: inout KeyedEncodingContainer<CodingKeys>,
            _ encoder: any Encoder
        ) throws {
            try container.encode(name, forKey: .event)
            try payload.encode(to: encoder)
        }
    }
}
