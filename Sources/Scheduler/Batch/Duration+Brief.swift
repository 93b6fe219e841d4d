extension Duration {
    /// As the batch manifest writes durations: `1h30m`, `5m`, `90.5s`.
    var brief: String {
        let seconds = Double(components.seconds) + Double(components.attoseconds) / 1e18
        let whole = Int(seconds)
        guard seconds == Double(whole), whole > 0 else { return "\(seconds)s" }
        let parts = [(whole / 3600, "h"), (whole / 60 % 60, "m"), (whole % 60, "s")]
        return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }
}
