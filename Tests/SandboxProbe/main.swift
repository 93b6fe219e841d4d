// An executor for tests: runs the steps that its socket asks for and answers with what came of them.
//
// A message is a list of texts that end in NUL: a command, then `name=value`. Every request has its own thread.
import Glibc
import Sandbox
import TestSupport

let probe = Probe(environment: try ExecutorEnvironment.enter())
while let message = try probe.environment.socket.receive() {
    Thread.start { probe.answer(ProbeMessage(message)) }
}
