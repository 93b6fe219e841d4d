internal import FileSystem
internal import SystemPackage

extension StateFolder {
    /// Makes sure that unpacked layers and caches of steps are such as the rung of this run keeps them: which ids stand
    /// for the image's on the disk is another matter on each, and a layer of one is wrong on another.
    ///
    /// `owners` says it in a few words. Where the folder holds others, they leave it: layers are unpacked again from their
    /// blobs, caches of steps begin empty. To be called with the run lock, before the sweep that removes what has left.
    /// Returns whether anything had to leave.
    public func keep(owners: String) throws(StorageError) -> Bool {
        let folder = try open(root)
        let drafts = try open(temporary)
        let found = try storing("reading \(root.appending("owners"))") { () throws(SystemError) in
            try folder.readSmallFile("owners").map { String(decoding: $0, as: UTF8.self) }
        }
        guard found != owners + "\n" else { return false }
        // Without a word of it, a build-all made the folder that knew one way only.
        let isOther = found.map { !$0.isEmpty } ?? false
        if isOther { try retire(from: folder, to: drafts) }
        try storing("writing \(root.appending("owners"))") { () throws(SystemError) in
            try folder.replaceFile("owners", with: Array((owners + "\n").utf8), through: drafts)
        }
        return isOther
    }

    private func retire(from folder: OpenFile, to drafts: OpenFile) throws(StorageError) {
        for name: FileName in ["layers", "mounts"] {
            try storing("putting \(name) aside") { () throws(SystemError) in
                try folder.rename(name, to: OpenFile.temporaryName("\(name)"), in: drafts)
            }
        }
        try prepare()
    }
}
