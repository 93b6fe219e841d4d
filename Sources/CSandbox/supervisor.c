// The process above a step's program where no pid namespace is to be had: what init is elsewhere. All that the program
// leaves behind becomes its child, and it ends when none is left.
#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "internal.h"

// A Landlock domain from which signals go out to nobody, so that "all processes" are the step's. Kernels without such
// scopes have to look for them.
static void signal_all(const void *own, int number) {
    const struct csb_supervisor *supervisor = own;
    if (supervisor->is_scoped) kill(-1, number);
    else csb_signal_offspring(number, NULL, 0);
}

static void end_all(const struct csb_supervisor *supervisor) {
    if (!supervisor->is_scoped) return csb_kill_offspring(NULL, 0);
    kill(-1, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {}
}

// What the program wrote to /dev/stdout and /dev/stderr by these names.
static void relay(const struct csb_supervisor *supervisor) {
    char bytes[16384];
    for (int index = 0; index < CSB_RELAY_COUNT; index++) {
        const struct csb_relay *one = &supervisor->relays[index];
        ssize_t length;
        while (one->from >= 0 && (length = read(one->from, bytes, sizeof bytes)) > 0)
            if (csb_write_all(one->to, bytes, (size_t)length) < 0) break;
    }
}

static void finish(const struct csb_supervisor *supervisor, const int *status) __attribute__((noreturn));
static void finish(const struct csb_supervisor *supervisor, const int *status) {
    end_all(supervisor);
    relay(supervisor);
    if (status) {
        struct csb_report report = {.kind = CSB_REPORT_STATUS, .status = *status};
        csb_write_all(supervisor->report_fd, &report, sizeof report);
        _exit(0);
    }
    // As the init of a namespace that was killed.
    kill(getpid(), SIGKILL);
    _exit(128 + SIGKILL);
}

static void end_many(const struct csb_supervisor *supervisor) __attribute__((noreturn));
static void end_many(const struct csb_supervisor *supervisor) {
    struct csb_report report = {.kind = CSB_REPORT_FAILURE};
    csb_fail_with(&report.failure, CSB_STEP_PROCESSES, EAGAIN, NULL);
    csb_write_all(supervisor->report_fd, &report, sizeof report);
    finish(supervisor, NULL);
}

static void reap(const struct csb_supervisor *supervisor) {
    int status;
    for (;;) {
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid == supervisor->program) finish(supervisor, &status);
        if (pid == 0 || (pid < 0 && errno != EINTR)) return;
    }
}

static void take_signals(const struct csb_supervisor *supervisor, int signals) {
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGTERM) signal_all(supervisor, SIGTERM);
        if (info.ssi_signo == SIGQUIT) finish(supervisor, NULL);
    }
}

// Only signals to processes of other users need a capability.
static void keep_kill_only(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{.effective = 1u << CAP_KILL, .permitted = 1u << CAP_KILL}};
    syscall(SYS_capset, &header, data);
}

// Nothing of the zygote's and of other steps stays open.
static struct csb_supervisor take_own(const struct csb_supervisor *given) {
    struct csb_supervisor own = *given;
    int *fds[] = {&own.report_fd, &own.recorder, &own.folders, &own.relays[0].from, &own.relays[0].to, &own.relays[1].from, &own.relays[1].to};
    enum { COUNT = sizeof fds / sizeof *fds };
    for (int index = 0; index < COUNT; index++)
        if (*fds[index] >= 0) *fds[index] = fcntl(*fds[index], F_DUPFD_CLOEXEC, 64);
    for (int index = 0; index < COUNT; index++) {
        if (*fds[index] >= 0) *fds[index] = dup2(*fds[index], index);
        else close(index);
    }
    syscall(SYS_close_range, COUNT, ~0U, 0);
    return own;
}

void csb_supervise(const struct csb_supervisor *given) {
    struct csb_supervisor own = take_own(given);
    const struct csb_supervisor *supervisor = &own;
    sigset_t all;
    sigfillset(&all);
    int signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    struct csb_recorder recorder = {.listener = -1, .folders = own.folders};
    if (own.recorder < 0) keep_kill_only();
    else csb_begin_recording(&recorder, own.recorder, own.program);
    prctl(PR_SET_NAME, "supervisor");
    struct csb_census census;
    csb_begin_counting(&census, own.process_limit);
    int interval = own.process_limit ? 1000 / CSB_LOOKS_A_SECOND : -1;
    for (;;) {
        struct pollfd polled[3 + CSB_RELAY_COUNT] = {{.fd = signals, .events = POLLIN},
                                                     {.fd = recorder.listener, .events = POLLIN},
                                                     {.fd = own.report_fd}};
        for (int index = 0; index < CSB_RELAY_COUNT; index++)
            polled[3 + index] = (struct pollfd){.fd = supervisor->relays[index].from, .events = POLLIN};
        reap(supervisor);
        int ready = poll(polled, 3 + CSB_RELAY_COUNT, interval);
        if (own.process_limit && csb_has_too_many(&census, signal_all, supervisor)) end_many(supervisor);
        if (ready <= 0) continue;
        // The zygote is gone. Its death signal does not reach who is another user's.
        if (polled[2].revents & POLLERR) finish(supervisor, NULL);
        if (polled[1].revents & POLLIN) csb_record_one(&recorder);
        else if (polled[1].revents) recorder.listener = -1;
        relay(supervisor);
        take_signals(supervisor, signals);
    }
}
