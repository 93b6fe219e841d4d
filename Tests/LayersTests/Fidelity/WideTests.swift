import FileSystem
import Layers
import Testing

@Suite(.enabled(if: OverlayStep.isPossible), .serialized) struct WideTests {
    @Test func `a hundred thousand entries in one directory`() throws {
        let step = try OverlayStep(
            lowers: ["python3 -c 'for i in range(50000): open(f\"old{i}\", \"x\").close()'"],
            "python3 -c 'import os\nfor i in range(50000): os.unlink(f\"old{i}\"); open(f\"new{i}\", \"x\").close()'")
        let layer = try step.commit()
        #expect(layer.entryCount == 100_000)
        let folder = try OpenFile.open(step.unpacked(), [.read, .directory])
        #expect(try folder.entries().count == 100_000)
    }
}
