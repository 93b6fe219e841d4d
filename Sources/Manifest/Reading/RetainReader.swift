/// Reads `retain`, which one of the files may have.
struct RetainReader {
    let values: ManifestValues

    func read(_ files: [LoadedFile]) -> RetainSpec {
        let entries = files.flatMap { file in file.entries.filter { $0.key == "retain" } }
        guard let first = entries.first else { return RetainSpec() }
        for other in entries.dropFirst() {
            values.log.add(at: other.mark, "\"retain\" is here twice", hint: "first at \(first.mark)")
        }
        let fields = MappingReader(entries: first.value.mapping ?? [], expander: Expander(values: values))
        var spec = RetainSpec()
        spec.logs = fields.text("logs", .duration).flatMap { Quantity.seconds($0.value) }
        spec.failedLogs = fields.text("failed-logs", .duration).flatMap { Quantity.seconds($0.value) }
        spec.storeInBytes = fields.text("store", .size).flatMap { Quantity.bytes($0.value) }
        return spec
    }
}
