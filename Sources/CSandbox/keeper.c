// The process above an executor that has no pid namespace: what executor, zygote and steps leave behind is given to it,
// and ends with the executor. It is the executor to the scheduler: told to stop by TERM, to end at once by QUIT.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "internal.h"

bool csb_has_namespaces(int32_t rung) { return rung != CSB_RUNG_JAIL && rung != CSB_RUNG_INPLACE; }

// KILL would leave a keeper's or a supervisor's processes to nobody; in a pid namespace it takes all of them.
int csb_kill_signal(int32_t rung) { return csb_has_namespaces(rung) ? SIGKILL : SIGQUIT; }

static void end_as(int status) __attribute__((noreturn));
static void end_as(int status) {
    if (!WIFSIGNALED(status)) _exit(WEXITSTATUS(status));
    struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    csb_drop_signals();
    kill(getpid(), WTERMSIG(status));
    _exit(128 + WTERMSIG(status));
}

static void keep(pid_t executor, const sigset_t *signals) __attribute__((noreturn));
static void keep(pid_t executor, const sigset_t *signals) {
    prctl(PR_SET_NAME, "keeper");
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    for (int fd = CSB_JOB_FD; fd <= CSB_STATUS_FD; fd++) close(fd);
    for (;;) {
        int number = sigwaitinfo(signals, NULL), status;
        if (number == SIGTERM) kill(executor, SIGTERM);
        if (number == SIGQUIT) kill(executor, SIGKILL);
        pid_t ended;
        while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
            if (ended != executor) continue;
            csb_kill_offspring(NULL, 0);
            end_as(status);
        }
    }
}

// Returns in the process that goes on as the executor; the caller stays behind as its keeper.
int csb_keep_executor(struct csb_failure *failure) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGQUIT);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) return csb_fail(failure, CSB_STEP_SUBREAPER, NULL);
    pid_t keeper = getpid(), pid = csb_clone(0, NULL);
    if (pid < 0) return csb_fail_with(failure, CSB_STEP_CLONE, -pid, "keeper");
    if (pid > 0) keep(pid, &signals);
    sigprocmask(SIG_UNBLOCK, &signals, NULL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return csb_fail(failure, CSB_STEP_PARENT_DEATH, NULL);
    return getppid() == keeper ? 0 : csb_fail_with(failure, CSB_STEP_PARENT_DEATH, ESRCH, NULL);
}
