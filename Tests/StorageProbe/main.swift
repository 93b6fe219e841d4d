import Glibc

// Commands for tests that need a process to watch, to wait for or to kill.
do {
    try StorageProbe(Array(CommandLine.arguments.dropFirst())).run()
} catch {
    print("error: \(error)")
    exit(1)
}
