internal import DockerfileFrontend
internal import Jobs
internal import OCI

/// A layer of the image under construction.
struct ChainLayer: Hashable {
    var descriptor: Descriptor
    var diffID: Digest
    /// The image the blob can be fetched from, with the layer's place in it; nil when the store has the blob.
    var origin: Origin?
    /// Of a layer that a step made; nil for those of base images, which stay as they are.
    var compression: LayerCompression?
    /// Of the cached step that made it: its bytes may still be elsewhere, and may turn out to be others.
    var key: Digest?

    struct Origin: Hashable {
        var image: ResolvedImage
        var index: Int
    }
}

/// What a stage has come to: root file system, config, environment and history, as they are after an instruction.
struct StageState {
    /// From the base up.
    var layers: [ChainLayer] = []
    var platform: Platform
    var config: ImageConfig.RunConfig
    var author: String?
    /// Config and arguments together, as RUN and expansion see them.
    var environment = EnvironmentList()
    /// Declared with ARG so far, in order; nil is declared without a value.
    var arguments: [(name: String, value: String?)] = []
    var history: [ImageConfig.History] = []
    /// Time of the newest history entry, RFC 3339; nil before the first layer.
    var created: String?
    /// CMD was set in this very stage: ENTRYPOINT then keeps it.
    var setsCommand = false
    /// Base image of the stage, if it began with one.
    var base: BaseImage?

    struct BaseImage {
        var digest: Digest
        var labels: [String: String]
    }

    static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// A stage on nothing.
    static func scratch(_ platform: Platform) -> StageState {
        var state = StageState(platform: platform, config: ImageConfig.RunConfig())
        state.config.workingDir = "/"
        state.addDefaultPath()
        return state
    }

    /// A stage on an image; `layers` are the image's.
    init(image: ImageConfig, layers: [ChainLayer], digest: Digest) {
        self.init(platform: image.platform, config: image.config ?? ImageConfig.RunConfig())
        self.layers = layers
        author = image.author
        environment = EnvironmentList(config.env ?? [])
        history = image.history ?? []
        created = image.created
        base = BaseImage(digest: digest, labels: config.labels ?? [:])
        addDefaultPath()
    }

    private init(platform: Platform, config: ImageConfig.RunConfig) {
        self.platform = platform
        self.config = config
    }

    /// A stage on another stage: it inherits all but the triggers, and what CMD did there counts as the base's. Of a name
    /// that ENV and ARG set there it sees what ENV said, as it would on an image.
    func inherited() -> StageState {
        var state = self
        state.config.onBuild = nil
        state.setsCommand = false
        for (name, value) in EnvironmentList(config.env ?? []).entries { state.environment[name] = value }
        return state
    }

    private mutating func addDefaultPath() {
        guard environment["PATH"] == nil else { return }
        set(environment: "PATH", to: Self.defaultPath)
    }

    /// ENV: into the config and into what later instructions see.
    mutating func set(environment name: String, to value: String) {
        environment[name] = value
        var list = EnvironmentList(config.env ?? [])
        list[name] = value
        config.env = list.texts
    }

    /// ARG: seen by later instructions, never in the config.
    mutating func declare(argument name: String, value: String?) {
        if let place = arguments.firstIndex(where: { $0.name == name }) {
            arguments[place].value = value
        } else {
            arguments.append((name, value))
        }
        if let value { environment[name] = value }
    }

    var shell: [String] { config.shell ?? ["/bin/sh", "-c"] }

    var workingDirectory: String {
        guard let directory = config.workingDir, !directory.isEmpty else { return "/" }
        return directory
    }

    var diffIDs: [Digest] { layers.map(\.diffID) }

    /// Gives our entries of the history that have no time yet the one of what came next.
    mutating func setMissingTimes(_ time: String) {
        for index in history.indices where history[index].created == nil {
            guard history[index].comment == HistoryText.comment else { continue }
            history[index].created = time
        }
        created = created ?? time
    }
}
