extension BatchManifest {
    /// The JSON Schema (2020-12) of a manifest file, for editors: `schemas/manifest.schema.json`.
    ///
    /// It says what the reader says of structure. What a schema cannot know is left out: names, tags claimed twice,
    /// the machine's platform, what `${…}` becomes.
    public static var jsonSchema: String { JSONSchema.document(of: ManifestShape.manifest).rendered() + "\n" }
}

/// Makes a schema of a shape.
struct JSONSchema {
    private var definitions: [(String, JSONText)] = []

    static func document(of root: ObjectShape) -> JSONText {
        var schema = JSONSchema()
        let members = schema.members(of: root)
        return .object(
            [
                ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
                ("title", .text("build-all manifest, version 1")),
            ] + members + [("$defs", .object(schema.definitions.sorted { $0.0 < $1.0 }))])
    }

    private mutating func schema(of shape: Shape) -> JSONText {
        switch shape {
        case .text(let rule): return rule.schema
        case .flag: return .object([("type", .text("boolean"))])
        case .object(let object): return reference(to: object)
        case .list(let element): return .object([("type", .text("array")), ("items", schema(of: element))])
        case .map(let keys, let values):
            return .object([
                ("type", .text("object")), ("propertyNames", .object([("pattern", .text(keys.pattern))])),
                ("additionalProperties", schema(of: values)),
            ])
        case .either(let shapes): return .object([("anyOf", .array(shapes.map { schema(of: $0) }))])
        case .optional(let shape):
            return .object([("anyOf", .array([schema(of: shape), .object([("type", .text("null"))])]))])
        }
    }

    private mutating func reference(to object: ObjectShape) -> JSONText {
        if !definitions.contains(where: { $0.0 == object.name }) {
            let place = definitions.count
            definitions.append((object.name, .object([])))
            definitions[place].1 = .object(members(of: object))
        }
        return .object([("$ref", .text("#/$defs/\(object.name)"))])
    }

    private mutating func members(of object: ObjectShape) -> [(String, JSONText)] {
        var properties: [(String, JSONText)] = []
        for field in object.fields {
            properties.append((field.name, described(field.shape, field.about)))
            guard field.isAppendable else { continue }
            properties.append(
                (field.name + "+", described(field.shape.list, "Appends to the inherited \(field.name).")))
        }
        var members: [(String, JSONText)] = [("type", .text("object")), ("properties", .object(properties))]
        if object.isExtensible { members.append(("patternProperties", .object([("^x-", .flag(true))]))) }
        members.append(("additionalProperties", .flag(false)))
        if !object.required.isEmpty { members.append(("required", .array(object.required.map { .text($0) }))) }
        if object.isSingle { members += [("minProperties", .number(1)), ("maxProperties", .number(1))] }
        if !object.alternatives.isEmpty {
            members.append(("anyOf", .array(object.alternatives.map { .object([("required", .array([.text($0)]))]) })))
        }
        let exclusive = object.exclusive + object.fields.filter(\.isAppendable).map { [$0.name, $0.name + "+"] }
        if !exclusive.isEmpty { members.append(("allOf", .array(exclusive.map(Self.notTogether)))) }
        return members
    }

    private mutating func described(_ shape: Shape, _ about: String) -> JSONText {
        guard case .object(let members) = schema(of: shape) else { return .flag(true) }
        return .object([("description", .text(about))] + members)
    }

    private static func notTogether(_ names: [String]) -> JSONText {
        .object([("not", .object([("required", .array(names.map { .text($0) }))]))])
    }
}
