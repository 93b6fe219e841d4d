public import SystemPackage

extension BatchManifest {
    /// Reads a manifest and the files that it includes; nothing else is opened.
    ///
    /// - Parameters:
    ///   - path: relative to the working folder.
    ///   - variables: `--var`; each must be declared.
    ///   - environment: for `vars.*.env`, and for `args` without value.
    /// - Throws: all errors of all files, in their order.
    public static func load(
        _ path: FilePath, variables: [String: String] = [:], environment: [String: String] = [:],
        context: ExpansionContext
    ) throws(ManifestErrors) -> BatchManifest {
        try load(path, variables, environment, context, limits: YAMLLimits())
    }

    /// Reads a manifest that is no file.
    ///
    /// - Parameter name: as messages show it; relative paths of the text start from `/`.
    public static func load(
        text: String, name: String, environment: [String: String] = [:], context: ExpansionContext
    ) throws(ManifestErrors) -> BatchManifest {
        let log = DiagnosticLog()
        var loader = FileLoader(limits: YAMLLimits(), log: log)
        loader.load(bytes: Array(text.utf8), name: name)
        return try read(loader, FilePath(name), [:], environment, context, YAMLLimits(), log)
    }

    static func load(
        _ path: FilePath, _ variables: [String: String], _ environment: [String: String], _ context: ExpansionContext,
        limits: YAMLLimits
    ) throws(ManifestErrors) -> BatchManifest {
        let log = DiagnosticLog()
        var loader = FileLoader(limits: limits, log: log)
        loader.load(path)
        return try read(loader, path, variables, environment, context, limits, log)
    }

    private static func read(
        _ loader: FileLoader, _ path: FilePath, _ variables: [String: String], _ environment: [String: String],
        _ context: ExpansionContext, _ limits: YAMLLimits, _ log: DiagnosticLog
    ) throws(ManifestErrors) -> BatchManifest {
        for file in loader.loaded {
            StructureCheck(log: log).check(file.root, .object(ManifestShape.manifest), "the manifest")
        }
        if loader.isIncomplete, let errors = ManifestErrors(log.sorted(files: loader.names)) { throw errors }

        let folder = loader.loaded.first?.source.folder ?? "/"
        let values = ManifestValues(context: context, folder: folder, limits: limits, log: log)
        VariableReader(values: values, given: variables, environment: environment).read(loader.loaded)
        var reader = BatchReader(files: loader.loaded, values: values, environment: environment, limits: limits)
        reader.read()
        let images = NameResolver(reader.images, limits: limits, log: log).resolved()
        var groups = GroupResolver(images: images, limits: limits, log: log)
        let manifest = BatchManifest(
            file: path, folder: folder, registry: reader.registry, images: images,
            groups: groups.resolve(loader.loaded),
            registries: RegistryReader(values: values).read(loader.loaded),
            retain: RetainReader(values: values).read(loader.loaded), files: loader.files, warnings: log.warnings)
        if images.isEmpty, log.diagnostics.isEmpty {
            let start = loader.loaded.first?.root.mark
            log.add(at: start, "the manifest has no images", hint: "images: { NAME: CONTEXT }")
        }
        if let errors = ManifestErrors(log.sorted(files: loader.names)) { throw errors }
        return manifest
    }
}
