/// What a YAML parser reports, one after the other: https://yaml.org/spec/1.1/#id859458.
struct YAMLEvent {
    enum Kind {
        case streamStart, streamEnd, documentStart, documentEnd
        case alias(String)
        case scalar(String, isPlain: Bool)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    let kind: Kind
    /// Line and column, both from 0.
    let line: Int
    let column: Int
    var anchor: String?
    var tag: String?
}

/// What libyaml says about a text that is no YAML.
struct YAMLFault: Error {
    enum Place {
        /// Both from 0.
        case mark(line: Int, column: Int)
        case byte(Int)
    }

    let problem: String
    let place: Place
    /// What was being read, and the line (from 0) where that began.
    let context: (text: String, line: Int)?
}
