internal import Execution
internal import Glibc

exit(ExecutorProgram.run())
