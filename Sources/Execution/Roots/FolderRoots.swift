internal import FileSystem
internal import OCI
internal import Sandbox
internal import Storage
internal import SystemPackage
internal import Threads

/// Root file systems as folders, where nothing can be mounted. A folder is filled from the layers and goes from step to
/// step of a stage; what a step has changed is found by comparing two walks, and copied out of it.
final class FolderRoots: StepRoots {
    private let chain: LayerChain
    private let drafts: Drafts
    private let store: LayerStore
    private let folders = Monitor<[RootFolder]>([])
    /// The only folder, one after the other's.
    private let place: RootFolder?
    private let tellCovered: @Sendable ([RootPath]) throws -> Void

    /// `tellCovered`: what of the image is not to be seen in the place.
    init(
        chain: LayerChain, drafts: Drafts, store: LayerStore, place: RootFolder? = nil,
        tellCovered: @escaping @Sendable ([RootPath]) throws -> Void = { _ in }
    ) {
        self.tellCovered = tellCovered
        self.chain = chain
        self.drafts = drafts
        self.store = store
        self.place = place
        place?.isTaken = false
    }

    func withView<Result>(of layers: [ChainLayer], _ body: (OpenFile) throws -> Result) throws -> Result {
        let folder = try reading(layers)
        defer { letGo(folder) }
        return try body(folder.open())
    }

    func lease(of layers: [ChainLayer]) throws -> RootLease {
        let folder = try reading(layers)
        return RootLease([folder.path]) { [self] in letGo(folder) }
    }

    func change(_ layers: [ChainLayer], _ change: (OpenFile) throws -> Void) throws -> StepWork {
        try work(on: layers) { folder in try change(folder.open()) }.1
    }

    func run<Result>(
        on layers: [ChainLayer], mounts: [StepMount], hostname: String, _ run: (StepPlace) throws -> Result
    ) throws -> (Result, StepWork) {
        try work(on: layers) { folder in
            let work = try drafts.make("work")
            let isInPlace = folder.kept != nil
            let workshop = isInPlace ? InPlaceContainer.workshop : work.string
            let furniture = try RootFurniture(
                folder.open(), workshop: OpenFile.open(workshop, [.read, .directory]), without: folder.kept)
            let result: Result
            do {
                if !isInPlace { try furniture.place(MachineFiles(hostname: hostname)) }
                try furniture.place(mounts)
                result = try run(
                    StepPlace(
                        lowers: [], upper: isInPlace ? work : folder.path, work: work, mounts: [], holdsMounts: true,
                        root: folder.path))
            } catch {
                try furniture.takeOut()
                throw error
            }
            try furniture.takeOut()
            try store.discard(work)
            return result
        }
    }

    /// Changes a folder and copies what has changed out of it. A folder that may hold anything else is given up.
    private func work<Result>(
        on layers: [ChainLayer], _ change: (RootFolder) throws -> Result
    ) throws -> (Result, StepWork) {
        let folder = try take(layers)
        do {
            try folder.renewRoot()
            let before = try folder.snapshot ?? TreeSnapshot(folder.open(), without: folder.kept)
            let result = try change(folder)
            let upper = try drafts.make("upper")
            let changes = TreeChanges(
                from: before, to: try TreeSnapshot(folder.open(), without: folder.kept), in: try folder.open(),
                into: try OpenFile.open(upper.string, [.read, .directory]), without: folder.kept)
            folder.snapshot = try changes.copy() ? changes.after : nil
            let work = StepWork(upper: upper, lowers: try chain.directories(of: layers), holdsCopies: true) { [self] in
                folder.layers.append($0)
                letGo(folder)
            }
            return (result, work)
        } catch {
            giveUp(folder)
            throw error
        }
    }

    // MARK: - Which folder

    /// A folder with these layers that others may read at the same time.
    private func reading(_ layers: [ChainLayer]) throws -> RootFolder {
        let wanted = layers.map(\.diffID)
        let present = folders.change { folders -> RootFolder? in
            let found = folders.first { !$0.isTaken && $0.layers == wanted }
            found?.readers += 1
            return found
        }
        if let present { return present }
        let folder = try take(layers)
        folders.change { _ in
            folder.readers = 1
            folder.isTaken = false
        }
        return folder
    }

    /// A folder with these layers for the caller alone: of those that nobody has, the one that lacks the fewest.
    private func take(_ layers: [ChainLayer]) throws -> RootFolder {
        let wanted = layers.map(\.diffID)
        if let place { return try take(place, wanted, layers) }
        let present = folders.change { folders -> RootFolder? in
            let free = folders.filter { !$0.isTaken && $0.readers == 0 && wanted.starts(with: $0.layers) }
            let nearest = free.max { $0.layers.count < $1.layers.count }
            nearest?.isTaken = true
            return nearest
        }
        let folder = try present ?? make()
        do {
            try fill(folder, with: layers)
            return folder
        } catch {
            giveUp(folder)
            throw error
        }
    }

    /// Waits for the folder until nobody has it.
    private func take(_ place: RootFolder, _ wanted: [Digest], _ layers: [ChainLayer]) throws -> RootFolder {
        folders.wait { _ -> Void? in
            guard !place.isTaken else { return nil }
            place.isTaken = true
            return ()
        }
        do {
            if let kept = place.kept, !place.isClean || !wanted.starts(with: place.layers) { try place.empty(kept) }
            try fill(place, with: layers)
            return place
        } catch {
            giveUp(place)
            throw error
        }
    }

    private func make() throws -> RootFolder {
        let folder = RootFolder(try drafts.make("root"))
        folders.change { $0.append(folder) }
        return folder
    }

    private func fill(_ folder: RootFolder, with layers: [ChainLayer]) throws {
        let present = folder.layers.count
        guard present < layers.count else { return }
        let root = try folder.open()
        for (layer, path) in zip(layers, try chain.folders(of: layers)).dropFirst(present) {
            folder.snapshot = nil
            let source = try OpenFile.open(path.string, [.read, .directory])
            let overlay = TreeOverlay(source, into: root, without: folder.kept)
            try overlay.run()
            try tellCovered(overlay.covered)
            folder.layers.append(layer.diffID)
        }
    }

    /// Both who reads and who had it alone.
    private func letGo(_ folder: RootFolder) {
        folders.change { _ in
            if folder.isTaken { folder.isTaken = false } else { folder.readers -= 1 }
        }
    }

    private func giveUp(_ folder: RootFolder) {
        guard folder.kept == nil else {
            folder.isClean = false
            return letGo(folder)
        }
        folders.change { folders in folders.removeAll { $0 === folder } }
        do {
            try store.discard(folder.path)
        } catch {
            // It is swept with the other drafts.
            _ = error
        }
    }
}
