extension GlobalScope {
    /// The value that ARG gives to a name inside a stage; nil leaves it unset.
    ///
    /// A build argument wins over the stage's default, that over the global value. The words of one ARG are to be
    /// taken one by one, so that a later word sees an earlier one. A default that a build argument replaces is not
    /// expanded.
    public func value(
        of declaration: ArgumentDeclaration, lookup: (String) -> String?
    ) throws(ExpansionError) -> Expansion? {
        if let given = buildArguments[declaration.name] {
            return Expansion(text: given, words: [], undefined: [])
        }
        guard let word = declaration.value else {
            return self[declaration.name].map { Expansion(text: $0, words: [], undefined: []) }
        }
        return try expander.expand(word, lookup: lookup)
    }

    /// Proxy variables for the environment of RUN: each that is given as a build argument, in upper and lower case.
    ///
    /// They are for the process alone: not for expansion, config, history or the cache.
    public var proxyEnvironment: [(name: String, value: String)] {
        ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap { name in
            let given = buildArguments[name.lowercased()] ?? buildArguments[name]
            return given.map { [(name, $0), (name.lowercased(), $0)] } ?? []
        }
    }
}
