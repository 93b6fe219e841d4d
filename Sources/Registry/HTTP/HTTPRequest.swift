internal import SystemPackage

/// One request, ready to be sent. Nothing is added but what HTTP needs.
struct HTTPRequest: Sendable {
    enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
    }

    enum Body: Sendable {
        case none
        case bytes([UInt8])
        case file(UploadFile)
    }

    var method: Method = .get
    var url: HTTPURL
    var headers: [(name: String, value: String)] = []
    /// The value of the `Authorization` header. It goes to `url`'s origin, never along with a redirect to another.
    var authorization: Secret?
    var body: Body = .none
    /// Where the body of an answer with status 200 or 206 goes; without it, it is collected.
    var receiver: (any BodyReceiver)?
    /// Bytes of the body to collect at most. A longer one ends the transfer with `bodyTooLarge`.
    var bodyLimit = 1 << 16
    /// A transfer of a blob, which counts against its own limit for the host.
    var isTransfer = false
}

/// An answer, complete.
struct HTTPResponse: Sendable {
    /// Where it came from, after redirects.
    let url: HTTPURL
    let status: Int
    let headers: HTTPHeaders
    /// Empty if a receiver took it.
    let body: [UInt8]
}

/// The fields of an answer, in order; names are compared without case.
struct HTTPHeaders: Sendable {
    private(set) var fields: [(name: String, value: String)] = []

    /// Takes one line of the header, as received. Lines that are no field are dropped.
    mutating func append(line: String) {
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = line[line.index(after: colon)...]
        fields.append((line[..<colon].lowercased(), trimmed(value)))
    }

    /// The first field of a name.
    subscript(_ name: String) -> String? { fields.first { $0.name == name.lowercased() }?.value }

    /// All fields of a name.
    func all(_ name: String) -> [String] { fields.filter { $0.name == name.lowercased() }.map(\.value) }

    private func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

/// Takes the body of a successful answer, piece by piece. Called on the transport's thread: it must not block.
protocol BodyReceiver: AnyObject, Sendable {
    /// A body begins. `resume` undoes a `.pause`, from any thread.
    func begin(status: Int, resume: @escaping @Sendable () -> Void)
    func receive(_ bytes: UnsafeRawBufferPointer) -> BodyVerdict
}

/// What becomes of a piece of a body.
enum BodyVerdict {
    case taken
    /// The same piece comes again after `resume`.
    case pause
    /// The transfer ends; the receiver knows why.
    case abort
}
