/// Environment variables in the order in which they were set first; setting one again keeps its place.
struct EnvironmentList: Equatable {
    private(set) var entries: [(name: String, value: String)] = []

    init() {}

    /// Takes `NAME=value` texts, as an image config holds them.
    init(_ texts: [String]) {
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            self[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
        }
    }

    subscript(name: String) -> String? {
        get { entries.first { $0.name == name }?.value }
        set {
            let place = entries.firstIndex { $0.name == name }
            switch (place, newValue) {
            case (let place?, let value?): entries[place].value = value
            case (let place?, nil): entries.remove(at: place)
            case (nil, let value?): entries.append((name, value))
            case (nil, nil): break
            }
        }
    }

    /// `NAME=value` texts, in order.
    var texts: [String] { entries.map { "\($0.name)=\($0.value)" } }

    static func == (left: EnvironmentList, right: EnvironmentList) -> Bool { left.texts == right.texts }
}
