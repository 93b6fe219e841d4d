/// What may stand at a place of the manifest. The reader's check and the JSON Schema are both made of it.
indirect enum Shape: Sendable {
    case text(TextRule)
    /// `true` or `false`.
    case flag
    case object(ObjectShape)
    /// Any keys that follow a rule.
    case map(keys: KeyRule, values: Shape)
    case list(Shape)
    /// The first that has the node's kind; of several objects the one that knows a key.
    case either([Shape])
    /// The shape, or nothing after the colon.
    case optional(Shape)
}

/// A map with known keys.
struct ObjectShape: Sendable {
    /// Its name in the schema's `$defs`.
    let name: String
    /// As in "unknown key … in an image".
    let noun: String
    let fields: [Field]
    /// Words of later versions.
    var reserved: [String] = []
    var required: [String] = []
    /// Keys of which at most one may be there.
    var exclusive: [[String]] = []
    /// Keys of which at least one must be there.
    var alternatives: [String] = []
    /// Exactly one key.
    var isSingle = false
    /// Whether `x-…` keys are free.
    var isExtensible = false

    var names: [String] { fields.flatMap { $0.isAppendable ? [$0.name, $0.name + "+"] : [$0.name] } }

    func field(_ name: String) -> Field? {
        fields.first { $0.name == name || $0.isAppendable && $0.name + "+" == name }
    }
}

/// A key of a map.
struct Field: Sendable {
    let name: String
    let shape: Shape
    /// One sentence for editors.
    let about: String
    /// Whether `name+` appends to what is inherited.
    var isAppendable = false

    init(_ name: String, _ shape: Shape, _ about: String, isAppendable: Bool = false) {
        self.name = name
        self.shape = shape
        self.about = about
        self.isAppendable = isAppendable
    }
}

/// What a free key must look like.
struct KeyRule: Sendable {
    /// As in "… is no image name".
    let noun: String
    let pattern: String
    let hint: String?
    let accepts: @Sendable (String) -> Bool
}

/// What is wrong with a text.
struct Fault {
    let message: String
    var hint: String?
}

/// What a text must look like once its `${…}` are known.
struct TextRule: Sendable {
    let fault: @Sendable (String) -> Fault?
    /// The schema's view of it; texts with `${` always pass.
    let schema: JSONText
}
