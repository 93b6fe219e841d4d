import Glibc
import Sandbox
import SystemPackage
import TestSupport

/// A mount as the probe is asked for it: kind, target, then what the kind needs, with `:` between.
///
/// `layers:/t:PATH:UPPER:WORK:LAYER,LAYER`, `folder:/t:PATH:ro:FOLDER`, `memory:/t:SIZE`, `file:/t:MODE:UID:GID:HOST-FILE`,
/// `socket:/t:MODE:UID:GID:SOCKET`.
enum MountRequest {
    static func mount(_ text: String) throws -> StepMount {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        return StepMount(target: parts[1], kind: try kind(parts[0], Array(parts.dropFirst(2))))
    }

    private static func kind(_ name: String, _ parts: [String]) throws -> StepMount.Kind {
        switch name {
        case "layers":
            let scratch = StepMount.Scratch(upper: FilePath(parts[1]), work: FilePath(parts[2]))
            let layers = parts[3].split(separator: ",").map { FilePath(String($0)) }
            return .layers(layers, path: parts[0], scratch: parts[1].isEmpty ? nil : scratch)
        case "folder":
            return .folder(FilePath(parts[2]), isReadOnly: parts[1] == "ro", path: parts[0])
        case "memory":
            return .memory(sizeInBytes: Int64(parts[0]))
        case "file":
            // Closed with the probe.
            let file = try FileDescriptor.open(parts[3], .readOnly, options: .closeOnExec)
            return .file(content: file.rawValue, mode: mode(parts[0]), uid: id(parts[1]), gid: id(parts[2]))
        case "socket":
            return .socket(FilePath(parts[3]), mode: mode(parts[0]), uid: id(parts[1]), gid: id(parts[2]))
        default:
            throw Errno.invalidArgument
        }
    }

    private static func mode(_ text: String) -> UInt16 { UInt16(text, radix: 8) ?? 0 }
    private static func id(_ text: String) -> UInt32 { UInt32(text) ?? 0 }
}
