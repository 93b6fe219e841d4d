internal import CSandbox

extension csb_failure {
    /// The call that failed, as an error.
    var asError: SandboxError {
        let call = String(cString: csb_step_text(step))
        return switch UInt32(bitPattern: step) {
        case CSB_STEP_MOUNT.rawValue, CSB_STEP_MOUNT_SOURCE.rawValue:
            .mount(what: "\(call) \(text(of: path))", errno: error)
        default: .systemCall(call, path: text(of: path), errno: error)
        }
    }

    var isTooManyProcesses: Bool { step == Int32(bitPattern: CSB_STEP_PROCESSES.rawValue) }

    var isFailedExec: Bool { step == Int32(bitPattern: CSB_STEP_EXEC_STEP.rawValue) }
}

/// The text of a fixed-size character array of C that ends in NUL.
func text<Characters>(of characters: Characters) -> String {
    withUnsafeBytes(of: characters) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// A negative result of C is an error number of `call`.
func check(_ result: CInt, _ call: String, path: String = "") throws(SandboxError) -> CInt {
    guard result >= 0 else { throw .systemCall(call, path: path, errno: -result) }
    return result
}
