// Process 1 of a step: forwards TERM, reaps, reports how the program ended. Its own end kills all that is left.
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "internal.h"

// Init needs nothing but to signal processes of other users.
static void keep_kill_only(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{.effective = 1u << CAP_KILL, .permitted = 1u << CAP_KILL}};
    syscall(SYS_capset, &header, data);
}

static void report_end(int report_fd, int status) __attribute__((noreturn));
static void report_end(int report_fd, int status) {
    struct csb_report report = {.kind = CSB_REPORT_STATUS, .status = status};
    csb_write_all(report_fd, &report, sizeof report);
    // Before nobody answers their calls any more.
    kill(-1, SIGKILL);
    _exit(0);
}

void csb_reap(pid_t program, int report_fd) {
    int status;
    for (;;) {
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid == program) report_end(report_fd, status);
        if (pid == 0 || (pid < 0 && errno != EINTR)) return;
    }
}

// All that is in the namespace.
static void signal_all(const void *unused, int number) {
    (void)unused;
    kill(-1, number);
}

static void end_many(int report_fd) __attribute__((noreturn));
static void end_many(int report_fd) {
    struct csb_failure failure = {0};
    csb_fail_with(&failure, CSB_STEP_PROCESSES, EAGAIN, NULL);
    csb_tell_failure(report_fd, &failure);
}

int csb_run_init(pid_t program, int report_fd, int recorder_socket, uint64_t process_limit) {
    sigset_t signals;
    sigfillset(&signals);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    int report = fcntl(report_fd, F_DUPFD_CLOEXEC, 64), recorder = fcntl(recorder_socket, F_DUPFD_CLOEXEC, 64);
    report = dup2(report, 3);
    if (recorder >= 0) recorder = dup2(recorder, 4);
    syscall(SYS_close_range, recorder >= 0 ? 5 : 4, ~0U, 0);
    for (int fd = 0; fd < 3; fd++) close(fd);
    prctl(PR_SET_NAME, "init");
    if (recorder >= 0) csb_run_recording_init(program, report, recorder);
    keep_kill_only();
    struct csb_census census;
    const struct timespec interval = {.tv_nsec = 1000000000 / CSB_LOOKS_A_SECOND};
    csb_begin_counting(&census, process_limit);
    for (;;) {
        csb_reap(program, report);
        if (process_limit && csb_has_too_many(&census, signal_all, NULL)) end_many(report);
        int number = process_limit ? sigtimedwait(&signals, NULL, &interval) : sigwaitinfo(&signals, NULL);
        if (number == SIGTERM) kill(-1, SIGTERM);
    }
}
