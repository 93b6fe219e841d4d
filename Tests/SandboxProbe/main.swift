// For tests. Started by ExecutorProcess.spawn: an executor that runs the steps that its socket asks for and answers with
// what came of them, each request on its own thread. Started as a program: a scheduler to be killed.
import Glibc
import Sandbox
import TestSupport

if let environment = try? ExecutorEnvironment.enter() {
    let probe = Probe(environment: environment)
    while let message = try environment.socket.receive() {
        Thread.start { probe.answer(message) }
    }
} else {
    try Victim(arguments: CommandLine.arguments).run()
}
