internal import Jobs
internal import Manifest
internal import OCI
internal import SystemPackage

/// What is known of one image of the manifest once its Dockerfile was read.
struct ImageSurvey {
    /// A reference in a stage that is built, which may be another image of the batch.
    struct Use: Hashable {
        let kind: DependencyReason.DockerfileUse
        let reference: String
        /// What FROM asks for; nil is the image's own.
        let platform: Platform?
        let line: Int
    }

    let spec: ImageSpec
    /// What the executor is told; or why the image cannot be built.
    let job: Result<Job, JobFailure>
    /// What the Dockerfile names, as far as it could be read.
    let uses: [Use]
    let warnings: [String]
    let context: MainContext
    /// What of it comes from outside and is known already.
    let materials: [Material]

    init(_ spec: ImageSpec, _ options: PlanOptions, manifestFolder: String) {
        self.spec = spec
        context = MainContext(spec, options)
        // The digest of an archive was computed here: it is one.
        materials = context.fetched.flatMap { try? $0.remote.material($0.folder) }.map { [$0] } ?? []
        let files = ContextFiles(spec: spec, context: context, manifestFolder: manifestFolder)
        do throws(JobFailure) {
            let job = try Job(spec, files, environment: options.environment)
            let found = try DockerfileUses(of: job)
            uses = found.uses
            warnings = found.warnings
            self.job = .success(job)
        } catch {
            uses = []
            warnings = []
            job = .failure(error)
        }
    }
}

extension Job {
    /// All that the batch manifest says; the scheduler adds what belongs to an attempt.
    fileprivate init(
        _ spec: ImageSpec, _ files: ContextFiles, environment: [String: String]
    ) throws(JobFailure) {
        let (dockerfile, ignoreFile) = try files.read()
        self.init(
            build: "", image: spec.name, platform: spec.platform ?? .host, stateFolder: "", logFile: "",
            dockerfile: dockerfile)
        (contextFolder, contextTime) = files.context.place
        self.ignoreFile = ignoreFile
        namesPlatform = spec.platform != nil
        target = spec.target?.value
        for argument in spec.args { buildArguments[argument.name] = argument.value }
        for context in spec.contexts {
            namedContexts[context.name.lowercased()] = try NamedContext(context.source, files, environment)
        }
        secretIDs = spec.secrets.map(\.id)
        agentIDs = spec.agents.map(\.id)
        entitlements = spec.entitlements
        labels = spec.labels
        annotations = spec.annotations
        network = NetworkMode(spec.network)
        limits = Limits(spec.limits)
        cache = spec.cache.mode == .off ? .off : .readWrite
        cacheAgeInSeconds = spec.cache.ttl?.inSeconds
        freshStages = spec.cache.freshStages
        compression = spec.compression
        epoch = spec.epoch.flatMap { epoch in
            switch epoch {
            case .seconds(let seconds): seconds
            case .contextCommit: contextTime
            }
        }
    }
}

extension NamedContext {
    fileprivate init(
        _ source: ContextSpec.Source, _ files: ContextFiles, _ environment: [String: String]
    ) throws(JobFailure) {
        switch source {
        case .files(let source): self = try Self.files(source, files, environment)
        case .image(let name): self = .sibling(image: name)
        case .dockerImage(let reference): self = .image(reference)
        case .scratch: self = .scratch
        case .layout(let folder, let reference): self = .layout(folder: folder.string, reference: reference)
        }
    }

    private static func files(
        _ source: ContextSource, _ files: ContextFiles, _ environment: [String: String]
    ) throws(JobFailure) -> NamedContext {
        do {
            switch try ContextPlace(source, environment: environment) {
            case .folder(let path): return .folder(path.string, ignoreFile: try files.ignoreFile(ofContext: path))
            case .remote(.git(let checkout)): return .git(checkout)
            case .remote(.archive(let source)): return .archive(source)
            }
        } catch let error as JobFailure {
            throw error
        } catch {
            throw .unreadable("\(error)")
        }
    }
}

extension NetworkMode {
    fileprivate init(_ network: ImageSpec.Network) {
        switch network {
        case .private: self = .private
        case .host: self = .host
        case .none: self = .none
        }
    }
}

extension Limits {
    fileprivate init(_ limits: ImageSpec.Limits) {
        self.init()
        cpus = limits.cpus
        memoryInBytes = limits.memoryInBytes
        pids = limits.pids
        diskInBytes = limits.diskInBytes
        timeoutInSeconds = limits.timeout?.inSeconds
        idleInSeconds = limits.idle?.inSeconds
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
