extension Reply where Value == Void {
    /// Runs the body until it ends; once this reply is given, the body is cancelled and its end awaited.
    func cancelling<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await body() }
            group.addTask {
                _ = await self.wait()
                return nil
            }
            for try await result in group {
                if let result { return result }
                group.cancelAll()
            }
            throw CancellationError()
        }
    }
}
