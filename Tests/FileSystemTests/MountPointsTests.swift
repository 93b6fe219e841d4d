import Testing

@testable import FileSystem

struct MountPointsTests {
    @Test func `mount points are read with what is escaped in them`() {
        let text = """
            1 0 8:1 / / rw - ext4 /dev/sda1 rw
            2 1 0:5 / /a\\040b\\134c rw,nosuid shared:2 - tmpfs tmpfs rw
            3 1 0:6 / /proc rw - proc proc rw
            short

            """
        #expect(MountPoints.parse(Array(text.utf8)) == ["/a b\\c", "/proc"])
    }
}
