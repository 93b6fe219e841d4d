/// What a batch manifest may take: enough for thousands of images, and little enough that a hostile file ends at once.
struct YAMLLimits: Sendable {
    /// All files together.
    var bytes = 8 << 20
    var files = 1000
    var depth = 64
    /// One text.
    var textBytes = 1 << 20
    /// All values of all files; an alias counts as all that it stands for.
    var nodes = 100_000
    /// All images, after their matrices.
    var images = 2000
    /// Values of all images together, with what they inherit.
    var inherited = 500_000
    /// What `needs` names, after their matrices.
    var edges = 100_000
    /// Images looked at for the patterns of groups.
    var matches = 1_000_000
    /// All texts that `${…}` makes.
    var expandedBytes = 32 << 20
}
