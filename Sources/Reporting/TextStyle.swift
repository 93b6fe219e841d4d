/// Colours of a terminal (ISO 6429), or none.
public struct TextStyle: Sendable {
    public let isColored: Bool

    public init(isColored: Bool) {
        self.isColored = isColored
    }

    /// `NO_COLOR` (https://no-color.org) decides, then `FORCE_COLOR` and `CLICOLOR_FORCE`, then `CLICOLOR=0`
    /// (https://bixense.com/clicolors), else whether there is a terminal.
    public init(environment: [String: String], isTerminal: Bool) {
        let isForced = ["FORCE_COLOR", "CLICOLOR_FORCE"].contains { name in
            environment[name].map { !$0.isEmpty && $0 != "0" } ?? false
        }
        let isForbidden = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        let isWanted = isTerminal && environment["TERM"] != "dumb" && environment["CLICOLOR"] != "0"
        self.init(isColored: !isForbidden && (isForced || isWanted))
    }

    enum Color: Int {
        case none = 0
        case red = 31
        case green = 32
        case yellow = 33
        case blue = 34
        case gray = 90
    }

    func colored(_ text: String, _ color: Color) -> String {
        isColored && color != .none ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
    }

    func bold(_ text: String) -> String { isColored ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
}
