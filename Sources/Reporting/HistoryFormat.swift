/// How the history is printed.
public enum HistoryFormat: String, CaseIterable, Sendable {
    case table, json, ndjson, csv
}
