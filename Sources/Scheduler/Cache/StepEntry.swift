internal import FoundationEssentials
internal import Jobs
internal import OCI

/// A step's result as an image manifest of one layer, which every registry takes: what else is known is in annotations.
///
/// Nothing in it is trusted: `parse` checks that it is the entry of the key that was asked for.
enum StepEntry {
    /// The names of the annotations; `created` is what sweeping goes by.
    enum Name {
        static let key = "build-all.step.key"
        static let schema = "build-all.step.schema"
        static let diffID = "build-all.step.diff-id"
        /// RFC 3339: when the step ran.
        static let created = "build-all.step.created"
        /// RFC 3339: the time in the image's history.
        static let time = "build-all.step.time"
        /// Seconds since 1970.
        static let newest = "build-all.step.newest"
        /// Of the layer, such as `zstd-3`.
        static let compression = "build-all.step.compression"
        /// JSON: the parts of the key, as digests.
        static let parts = "build-all.step.parts"
    }

    /// Config and manifest.
    static func documents(of step: SharedStep) throws -> (config: [UInt8], manifest: [UInt8]) {
        let config = try OCIDocument.encode(config(of: step))
        var layer = step.layer
        layer.mediaType = layer.mediaType.inOCIForm
        let manifest = ImageManifest(
            config: Descriptor(mediaType: .imageConfig, digest: Digest(of: config), size: Int64(config.count)),
            layers: [layer], annotations: try annotations(of: step))
        return (config, try OCIDocument.encode(manifest))
    }

    private static func config(of step: SharedStep) throws -> ImageConfig {
        let platform = try step.parts["platform"].map { try Platform($0) } ?? .host
        var config = ImageConfig(platform: platform)
        config.created = step.created
        config.rootfs = ImageConfig.RootFS(diffIDs: [step.diffID])
        config.history = [ImageConfig.History(created: step.created, createdBy: "build-all step \(step.key.hex)")]
        return config
    }

    private static func annotations(of step: SharedStep) throws -> [String: String] {
        var annotations = [
            Name.key: step.key.hex, Name.schema: SharedStep.schema, Name.diffID: step.diffID.description,
            Name.created: Date(timeIntervalSince1970: Double(step.recorded)).formatted(.iso8601),
            Name.time: step.created,
        ]
        if let compression = step.compression { annotations[Name.compression] = compression.description }
        if let newest = step.newestTime { annotations[Name.newest] = "\(newest)" }
        let parts = try OCIDocument.encode(step.parts)
        if parts.count <= 4096 { annotations[Name.parts] = String(decoding: parts, as: UTF8.self) }
        return annotations
    }

    /// The step of an entry. Throws `StepFault` for what is no entry of this key.
    static func parse(_ bytes: [UInt8], key: Digest) throws(StepFault) -> SharedStep {
        let manifest: ImageManifest
        do {
            manifest = try OCIDocument.decode(ImageManifest.self, from: bytes)
        } catch {
            throw StepFault("it is no image manifest")
        }
        let facts = manifest.annotations ?? [:]
        guard facts[Name.key] == key.hex else { throw StepFault("it is not the entry of this step") }
        guard facts[Name.schema] == SharedStep.schema else { throw StepFault("its schema is unknown") }
        guard let layer = manifest.layers.first, manifest.layers.count == 1 else {
            throw StepFault("it has \(manifest.layers.count) layers instead of one")
        }
        guard let diffID = facts[Name.diffID].flatMap({ try? Digest($0) }), let time = facts[Name.time],
            let created = facts[Name.created].flatMap({ try? Date($0, strategy: .iso8601) })
        else { throw StepFault("an annotation is missing or damaged") }
        return try checked(
            SharedStep(
                key: key, layer: layer, diffID: diffID, newestTime: facts[Name.newest].flatMap { Int64($0) },
                created: time, recorded: Int64(created.timeIntervalSince1970),
                compression: facts[Name.compression].flatMap { LayerCompression(text: $0) }, parts: [:]))
    }

    /// A step from elsewhere that can be one, with what we take from it.
    static func checked(_ step: SharedStep) throws(StepFault) -> SharedStep {
        guard step.layer.size > 0, step.layer.mediaType.isLayer else { throw StepFault("its layer is no layer") }
        guard (try? Date(step.created.droppingFraction, strategy: .iso8601)) != nil, years.contains(step.recorded)
        else {
            throw StepFault("an annotation is missing or damaged")
        }
        var step = step
        step.layer = Descriptor(mediaType: step.layer.mediaType, digest: step.layer.digest, size: step.layer.size)
        return step
    }

    /// What RFC 3339 can say, in seconds since 1970.
    private static let years: ClosedRange<Int64> = -62_135_596_800...253_402_300_799
}

/// Why something that was found is no result.
struct StepFault: Error, CustomStringConvertible {
    let description: String

    init(_ reason: String) { description = reason }
}

extension MediaType {
    fileprivate var isLayer: Bool {
        let form = inOCIForm
        return form == .layer || form == .layerGzip || form == .layerZstd
    }
}

extension LayerCompression {
    /// What its description says.
    fileprivate init?(text: String) {
        let words = text.split(separator: "-").map(String.init)
        guard words.count == 2, let method = Method(rawValue: words[0]), let level = Int(words[1]) else { return nil }
        self.init(method, level: level)
    }
}

extension String {
    /// A time without its fraction of a second.
    fileprivate var droppingFraction: String {
        guard let point = firstIndex(of: ".") else { return self }
        return String(self[..<point]) + "Z"
    }
}
