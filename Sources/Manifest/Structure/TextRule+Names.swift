import OCI

extension TextRule {
    /// What `FROM` takes.
    static let platform = TextRule(
        fault: { text in
            guard let platform = try? Platform(text) else {
                return Fault(message: "\"\(text)\" is no platform", hint: "as \(Platform.host)")
            }
            guard platform == .host else {
                return Fault(
                    message: "other platforms are not built yet: this machine is \(Platform.host), not \(platform)")
            }
            return nil
        },
        schema: pattern("^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,2}$"))

    static let registry = TextRule(
        fault: { text in
            if text.contains("://") {
                return Fault(
                    message: "\"\(text)\" is no registry: it has a scheme",
                    hint: "as registry.example.com/base; plain HTTP is said under registries")
            }
            return referenceFault("\(text)/x:x").map { _ in
                Fault(
                    message: "\"\(text)\" is no registry", hint: "as registry.example.com or registry.example.com/base")
            }
        },
        schema: pattern("^[^/:]+(:[0-9]+)?(/[a-z0-9._-]+)*$", or: []))

    private static let cacheSchema = pattern("^(oci:.+|[^/ ]+/[^ ]+)$", or: [])

    /// A repository or folder that results of steps are read from and written to.
    static let cacheRepository = TextRule(
        fault: { text in
            do throws(OCIError) {
                guard case .image = try CachePlaceText(text) else { return nil }
                return Fault(
                    message: "\"\(text)\" is no cache repository: its tags are the cache's own",
                    hint: "without the tag; an image to read from belongs to cache.from")
            } catch {
                return Fault(message: "\(error)", hint: "as registry.example.com/cache or oci:FOLDER")
            }
        }, schema: cacheSchema)

    /// Whatever results of steps are read from.
    static let cachePlace = TextRule(
        fault: { text in
            do throws(OCIError) {
                _ = try CachePlaceText(text)
                return nil
            } catch {
                return Fault(
                    message: "\(error)",
                    hint: "as registry.example.com/cache, registry.example.com/image:tag or oci:FOLDER")
            }
        }, schema: cacheSchema)

    static let mirror = TextRule(
        fault: { text in
            guard RegistryMirror(text) == nil else { return nil }
            return Fault(
                message: "\"\(text)\" is no mirror", hint: "as mirror.example.com or mirror.example.com:5000/docker-hub"
            )
        },
        schema: pattern(
            "^(https?://)?([^/:]*\\.[^/:]*|[^/:]+:[0-9]+|[^/]*\\][^/]*|localhost)(:[0-9]+)?(/[a-z0-9._-]+)*/*$", or: [])
    )

    /// A tag of the image's own repository, or a whole reference.
    static let tag = TextRule(
        fault: { text in
            if text.contains("/") {
                return text.contains("@")
                    ? Fault(message: "\"\(text)\" has a digest: only tags can be given to an image")
                    : referenceFault(text)
            }
            guard !ImageReference.isTag(text[...]) else { return nil }
            return Fault(
                message: "\"\(text)\" is no tag: [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}",
                hint: text.contains(":") ? "a whole reference has a registry: registry.example.com/\(text)" : nil)
        },
        schema: pattern("^[A-Za-z0-9_][A-Za-z0-9_./:-]*$", or: ["number", "boolean"]))

    static let semver = TextRule(
        fault: { text in
            SemanticVersion(text) == nil
                ? Fault(message: "\"\(text)\" is no semantic version", hint: "three numbers, as 22.9.1 or 22.9.1-rc.1")
                : nil
        },
        schema: pattern("^v?[0-9]+[.][0-9]+[.][0-9]+(-[0-9A-Za-z.-]+)?$", or: []))

    static let condition = TextRule(
        fault: { text in
            do throws(ConditionError) {
                _ = try Condition(text)
                return nil
            } catch {
                return Fault(message: error.description, hint: "as: flavor == slim and git.branch != main")
            }
        },
        schema: pattern("(==|!=)", or: []))

    /// A build context.
    static let context = TextRule(
        fault: { text in
            contextFault(text) { context in
                switch context {
                case .path, .standardInput, .git, .archive: nil
                case .image, .dockerImage, .scratch, .layout:
                    Fault(
                        message: "the files of an image are no context",
                        hint: "contexts: { NAME: \"\(text)\" } gives them a name for FROM and COPY --from")
                }
            }
        },
        schema: pattern("^(\(contextFiles))$", or: []))

    /// What a name in `contexts` stands for.
    static let namedContext = TextRule(
        fault: { text in contextFault(text) { _ in nil } },
        schema: pattern("^(image:.+|docker-image://.+|oci-layout://.+|\(contextFiles))$", or: []))

    private static let contextFiles =
        "(https?|git|ssh|file|s3|gs|dir|tar)://.+|[^:@/]+@[^:/]+:.+|[^:#]+(#[^:]*(:.+)?)?"

    private static func contextFault(_ text: String, _ judge: (ContextText) -> Fault?) -> Fault? {
        do throws(ContextFault) {
            return judge(try ContextText(text))
        } catch {
            return Fault(message: error.message, hint: error.hint)
        }
    }

    /// The name of an environment variable, which is also the secret's id.
    static let secret = TextRule(
        fault: { text in
            if text.isEmpty { return Fault(message: "the text is empty") }
            guard text.utf8.allSatisfy({ isWord($0) || $0 == 95 }), !(48...57).contains(text.utf8.first ?? 48) else {
                return Fault(
                    message: "\"\(text)\" is no name of an environment variable",
                    hint: "{ id: NAME, file: PATH } or { id: NAME, env: VARIABLE }")
            }
            return nil
        },
        schema: pattern("^[A-Za-z_][A-Za-z0-9_]*$", or: []))

    /// The id of an agent.
    static let agent = TextRule(
        fault: { text in
            if text.isEmpty { return Fault(message: "the text is empty") }
            guard text.contains("=") else { return nil }
            return Fault(
                message: "\"\(text)\" is no id of an ssh agent",
                hint: "{ id: NAME, socket: PATH } or { id: NAME, keys: [PATH] }")
        },
        schema: pattern("^[^=]+$", or: []))

    static let entitlement = TextRule(
        fault: { text in
            if text == "network.host" { return nil }
            if text == "security.insecure" || text == "device" || text.hasPrefix("device.") {
                return Fault(message: "\"\(text)\" is never given: a step has no rights on this machine")
            }
            return Fault(
                message: "\"\(text)\" is no entitlement: network.host",
                hint: Suggestion.hint(for: text, among: ["network.host"]))
        },
        schema: pattern("^network[.]host$", or: []))

    private static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    /// The name of an image of the batch.
    static let imageName = some
    /// Name, pattern, or `group:NAME`.
    static let selection = some

    private static func referenceFault(_ text: String) -> Fault? {
        do throws(OCIError) {
            _ = try ImageReference(text)
            return nil
        } catch {
            return Fault(message: "\(error)")
        }
    }
}

extension KeyRule {
    static let imageName = KeyRule(
        noun: "image name", pattern: "^[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*$",
        hint: "lower-case letters and digits, joined by one of . _ - /", accepts: isImageName)

    static let groupName = KeyRule(
        noun: "group name", pattern: imageName.pattern, hint: imageName.hint, accepts: isImageName)

    static let templateName = KeyRule(
        noun: "template name", pattern: imageName.pattern, hint: imageName.hint, accepts: isImageName)

    /// `${NAME}`; the names that the program itself gives are taken.
    static let variable = KeyRule(
        noun: "name for a variable", pattern: "^(?!(image|run|git|date|base)$)[A-Za-z_][A-Za-z0-9_-]*$",
        hint: "letters, digits, _ and -; not image, run, git, date or base", accepts: isVariable)

    static let matrixKey = KeyRule(
        noun: "matrix key", pattern: "^(?!(image|run|git|date|base)[+]?$)[A-Za-z_][A-Za-z0-9_-]*[+]?$",
        hint: variable.hint, accepts: { isVariable($0.hasSuffix("+") ? String($0.dropLast()) : $0) })

    static let argument = KeyRule(
        noun: "name of a build argument", pattern: "^[A-Za-z_][A-Za-z0-9_]*$", hint: "letters, digits and _",
        accepts: { text in isVariable(text) && !text.contains("-") || Builtin.names.contains(text) })

    static let contextName = KeyRule(
        noun: "name of a context", pattern: "^[A-Za-z0-9][A-Za-z0-9._/:-]*$", hint: nil,
        accepts: { text in
            text.utf8.first.map(isWord) == true && text.utf8.allSatisfy { isWord($0) || ".-_/:".utf8.contains($0) }
        })

    static let label = KeyRule(
        noun: "label", pattern: "^[^\\s]+$", hint: nil,
        accepts: { text in !text.isEmpty && !text.contains(where: \.isWhitespace) })

    static let host = KeyRule(
        noun: "host", pattern: "^[A-Za-z0-9.\\[\\]:-]+$", hint: "as registry.example.com or localhost:5000",
        accepts: { text in (try? ImageReference("\(text)/x:x"))?.registry == text })

    private static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    private static func isVariable(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128, !(48...57).contains(first), first != 45 else {
            return false
        }
        return !Builtin.names.contains(text) && text.utf8.allSatisfy { isWord($0) || $0 == 95 || $0 == 45 }
    }

    /// `[a-z0-9]+([._-][a-z0-9]+)*(/…)*`
    private static func isImageName(_ text: String) -> Bool {
        var isAfterWord = false
        for byte in text.utf8 {
            let isWord = (48...57).contains(byte) || (97...122).contains(byte)
            guard isWord || isAfterWord && "._-/".utf8.contains(byte) else { return false }
            isAfterWord = isWord
        }
        return isAfterWord && text.utf8.count <= 200
    }
}
