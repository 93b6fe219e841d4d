public import Jobs
internal import OCI

/// What a run came to, for people.
public struct SummaryReport {
    private let summary: RunSummary
    private let style: TextStyle

    public init(_ summary: RunSummary, style: TextStyle) {
        self.summary = summary
        self.style = style
    }

    /// A row an image, and a line over all.
    public func lines(width: Int?) -> [String] {
        var table = TextTable([
            .init(title: "IMAGE", shrinks: true), .init(title: "STATUS"), .init(title: "DIGEST", dispensability: 2),
            .init(title: "TIME", isNumber: true), .init(title: "CACHED", isNumber: true, dispensability: 1),
            .init(title: "SIZE", isNumber: true, dispensability: 3),
        ])
        for image in summary.images {
            table.add([
                image.image, image.status.rawValue, image.digest.map { "sha256:\($0.short)" } ?? "-",
                image.durationInSeconds.map(Quantity.seconds) ?? "-",
                image.steps > 0 ? "\(image.cachedSteps)/\(image.steps)" : "-",
                image.digest == nil ? "-" : Quantity.bytes(image.sizeInBytes),
            ])
        }
        let lines = table.lines(width: width)
        let rows = zip(lines.dropFirst(), summary.images).map { line, image in
            style.colored(line, image.status.isSuccess ? .none : image.status == .blocked ? .yellow : .red)
        }
        return [style.bold(lines[0])] + rows + ["", overall]
    }

    private var overall: String {
        var counts: [(BuildStatus, Int)] = []
        for status in BuildStatus.allCases {
            let count = summary.images.count { $0.status == status }
            if count > 0 { counts.append((status, count)) }
        }
        let parts = counts.map { "\($1) \($0.rawValue)" }.joined(separator: ", ")
        let time = Quantity.seconds(summary.ended - summary.started)
        return "\(parts.isEmpty ? "nothing to do" : parts) in \(time) (run \(summary.run))"
    }

    /// `--json`: one document.
    public func json() throws -> String {
        try JSONText.of(SummaryDocument(summary), pretty: true) + "\n"
    }

    /// `-q`: name and digest of each image that is there, a line each.
    public func digests() -> [String] {
        summary.images.compactMap { image in image.digest.map { "\(image.image) \($0)" } }
    }
}

/// The fields of `--json`: those of the outcome, with durations worked out.
private struct SummaryDocument: Encodable {
    struct Image: Encodable {
        let outcome: ImageOutcome

        private enum CodingKeys: String, CodingKey {
            case durationInSeconds
        }

        func encode(to encoder: any Encoder) throws {
            try outcome.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(
                outcome.durationInSeconds.map(Quantity.milliseconds), forKey: .durationInSeconds)
        }
    }

    let run: String
    let manifest: String
    let started: Double
    let ended: Double
    let durationInSeconds: Double
    let exitCode: Int
    let images: [Image]

    init(_ summary: RunSummary) {
        run = summary.run
        manifest = summary.manifest
        started = summary.started
        ended = summary.ended
        durationInSeconds = Quantity.milliseconds(summary.ended - summary.started)
        exitCode = summary.exitCode
        images = summary.images.map(Image.init)
    }
}
