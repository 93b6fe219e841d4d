/// One request, ready to be sent. Nothing is added but what HTTP needs.
public struct HTTPRequest: Sendable {
    /// What is asked for.
    public enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// What is sent along.
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        case file(UploadFile)
        case part(of: UploadFile, Range<Int64>)
    }

    public var method: Method
    public var url: HTTPURL
    public var headers: [(name: String, value: String)] = []
    /// The value of the `Authorization` header. It goes to `url`'s origin, never along with a redirect to another.
    public var authorization: Secret?
    public var body: Body
    /// Where the body of an answer with status 200 or 206 goes; without it, it is collected.
    public var receiver: (any BodyReceiver)?
    /// Bytes of the body to collect at most. A longer one ends the transfer with `bodyTooLarge`.
    public var bodyLimit = 1 << 16
    /// Without it a redirect is an answer like any other: what is signed is signed for one address.
    public var followsRedirects = true
    /// Without it an address of the machine's own network, as that of its metadata, is an error; after a redirect and for a
    /// name that resolves to one too. What a proxy reaches is the proxy's.
    public var allowsLinkLocal = true
    /// A transfer of a blob, which counts against its own limit for the host.
    public var isTransfer = false

    /// Collects an answer of at most 64 KiB unless told otherwise.
    public init(method: Method = .get, url: HTTPURL, body: Body = .none) {
        self.method = method
        self.url = url
        self.body = body
    }
}

/// An answer, complete.
public struct HTTPResponse: Sendable {
    /// Where it came from, after redirects.
    public let url: HTTPURL
    public let status: Int
    public let headers: HTTPHeaders
    /// Empty if a receiver took it.
    public let body: [UInt8]
}

/// The fields of an answer, in order; names are compared without case.
public struct HTTPHeaders: Sendable {
    public private(set) var fields: [(name: String, value: String)] = []

    /// Takes one line of the header, as received. Lines that are no field are dropped.
    mutating func append(line: String) {
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = line[line.index(after: colon)...]
        fields.append((line[..<colon].lowercased(), trimmed(value)))
    }

    /// The first field of a name.
    public subscript(_ name: String) -> String? { fields.first { $0.name == name.lowercased() }?.value }

    /// All fields of a name.
    public func all(_ name: String) -> [String] { fields.filter { $0.name == name.lowercased() }.map(\.value) }

    private func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

/// Takes the body of a successful answer, piece by piece. Called on the transport's thread: it must not block.
public protocol BodyReceiver: AnyObject, Sendable {
    /// A body begins. `resume` undoes a `.pause`, from any thread.
    func begin(status: Int, headers: HTTPHeaders, resume: @escaping @Sendable () -> Void)
    func receive(_ bytes: UnsafeRawBufferPointer) -> BodyVerdict
}

/// What becomes of a piece of a body.
public enum BodyVerdict: Sendable {
    case taken
    /// The same piece comes again after `resume`.
    case pause
    /// The transfer ends; the receiver knows why.
    case abort
}
