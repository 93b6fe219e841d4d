internal import CSandbox
internal import SystemPackage

/// A step as C takes it.
struct StepRequest {
    let spec: StepSpec
    let stateFolder: FilePath

    /// Calls `body` with a request whose pointers are valid for the length of the call.
    ///
    /// Throws `outsideStateFolder`, `containsNUL`, and what `body` throws.
    func withRequest<Result>(_ body: (csb_step_request) throws -> Result) throws -> Result {
        let strings = [try relative(spec.upper), try relative(spec.work), spec.workingDirectory, spec.hostname]
        let mounts = try spec.mounts.map { try StepMountFields($0, relative: relative) }
        let lists = [try spec.lowers.map(relative), spec.arguments, spec.environment, strings]
        return try withCStringLists(lists + mounts.flatMap(\.lists)) { lists in
            let mounts = mounts.enumerated().compactMap { index, mount in
                mount.request(layers: lists[4 + 2 * index], strings: lists[5 + 2 * index])
            }
            guard let upper = lists[3][0], let work = lists[3][1], let directory = lists[3][2], let name = lists[3][3],
                mounts.count == spec.mounts.count
            else { throw SandboxError.malformedMessage }
            return try withBuffers(mounts) { groups, mounts in
                try body(
                    csb_step_request(
                        uid: spec.uid, gid: spec.gid, network: spec.network.code, groups: groups.baseAddress,
                        group_count: groups.count, lowers: lists[0], upper: upper, work: work, arguments: lists[1],
                        environment: lists[2], working_directory: directory, host_name: name,
                        mounts: mounts.baseAddress, mount_count: mounts.count))
            }
        }
    }

    private func withBuffers<Result>(
        _ mounts: [csb_step_mount],
        _ body: (UnsafeBufferPointer<UInt32>, UnsafeBufferPointer<csb_step_mount>) throws -> Result
    ) throws -> Result {
        try spec.groups.withUnsafeBufferPointer { groups in
            try mounts.withUnsafeBufferPointer { try body(groups, $0) }
        }
    }

    private func relative(_ path: FilePath) throws -> String {
        var path = path.lexicallyNormalized()
        guard path.removePrefix(stateFolder), !path.isEmpty else {
            throw SandboxError.outsideStateFolder(path: path.string, stateFolder: stateFolder.string)
        }
        return path.string
    }
}

/// The strings and numbers of one mount.
private struct StepMountFields {
    private let kind: csb_mount_kind
    private let target: String
    private var layers: [String] = []
    private var path = ""
    private var scratch = ["", ""]
    private var isReadOnly = false
    private var content: CInt = -1
    private var owner: (mode: UInt32, uid: UInt32, gid: UInt32) = (0, 0, 0)
    private var size: UInt64 = 0

    init(_ mount: StepMount, relative: (FilePath) throws -> String) throws {
        target = mount.target
        switch mount.kind {
        case .layers(let folders, let path, let scratch):
            kind = CSB_MOUNT_LAYERS
            layers = try folders.map(relative)
            self.path = path
            isReadOnly = scratch == nil
            if let scratch { self.scratch = [try relative(scratch.upper), try relative(scratch.work)] }
        case .folder(let folder, let isReadOnly, let path):
            kind = CSB_MOUNT_FOLDER
            layers = [try relative(folder)]
            self.path = path
            self.isReadOnly = isReadOnly
        case .memory(let size):
            kind = CSB_MOUNT_MEMORY
            self.size = UInt64(clamping: size ?? 0)
        case .file(let content, let mode, let uid, let gid):
            kind = CSB_MOUNT_FILE
            self.content = content
            owner = (UInt32(mode), uid, gid)
            isReadOnly = true
        case .socket(let socket, let mode, let uid, let gid):
            kind = CSB_MOUNT_SOCKET
            layers = [try relative(socket)]
            owner = (UInt32(mode), uid, gid)
            isReadOnly = true
        }
    }

    var lists: [[String]] { [layers, [target, path] + scratch] }

    func request(layers: CStringList, strings: CStringList) -> csb_step_mount? {
        guard let target = strings[0], let path = strings[1], let upper = strings[2], let work = strings[3] else {
            return nil
        }
        return csb_step_mount(
            kind: Int32(bitPattern: kind.rawValue), read_only: isReadOnly, target: target, layers: layers, path: path,
            upper: upper, work: work, content_fd: content, mode: owner.mode, uid: owner.uid, gid: owner.gid, size: size)
    }
}
