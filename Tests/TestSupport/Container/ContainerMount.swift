/// A file or folder of the host in a container.
public struct ContainerMount: Sendable {
    public var source: String
    public var destination: String
    public var isWritable: Bool

    public init(_ source: String, at destination: String, isWritable: Bool = false) {
        self.source = source
        self.destination = destination
        self.isWritable = isWritable
    }

    var entry: ContainerConfiguration.Mount {
        .init(destination: destination, type: "bind", source: source, options: ["rbind", isWritable ? "rw" : "ro"])
    }
}
