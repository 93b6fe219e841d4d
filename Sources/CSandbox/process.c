// clone3, id maps, signals, waiting.
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "internal.h"
#include "owners.h"

// Docker's profile refuses clone3, whose flags a filter cannot see, and lets clone make processes.
static pid_t clone_as_before(uint64_t flags, int *pidfd) {
    unsigned long old = (unsigned long)flags | (pidfd ? CLONE_PIDFD : 0) | (flags & CLONE_PARENT ? 0 : SIGCHLD);
    pid_t pid = (pid_t)syscall(SYS_clone, old, NULL, pidfd, NULL, NULL);
    if (pid != 0) return pid < 0 ? -errno : pid;
    struct sigaction current, usual = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++)
        if (sigaction(number, NULL, &current) == 0 && current.sa_handler != SIG_IGN) sigaction(number, &usual, NULL);
    return 0;
}

// fork with namespaces. The child gets default signal handlers (CLONE_CLEAR_SIGHAND); the caller's mask stays.
pid_t csb_clone(uint64_t flags, int *pidfd) {
    struct clone_args arguments = {
        .flags = flags | CLONE_CLEAR_SIGHAND | (pidfd ? CLONE_PIDFD : 0),
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,  // with CLONE_PARENT it is the parent's
    };
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0 && (errno == ENOSYS || (errno == EPERM && flags == 0))) return clone_as_before(flags, pidfd);
    return pid < 0 ? -errno : pid;
}

// Every signal as in a fresh process: handlers, ignored ones (exec keeps those) and the mask.
int csb_drop_signals(void) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL);
}

// The number under which /proc shows a process: that of the pid namespace which this /proc belongs to, and that may be
// one outside of ours.
pid_t csb_visible_pid(int pidfd) {
    char path[64], text[512] = "";
    csb_format(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    CSB_CLOSE int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || csb_read(file, text, sizeof text - 1) <= 0) return -ESRCH;
    const char *line = strstr(text, "\nPid:");
    pid_t pid = line ? (pid_t)strtol(line + 5, NULL, 10) : -1;
    return pid > 0 ? pid : -ESRCH;
}

int csb_deny_groups(int pidfd, struct csb_failure *failure) {
    char path[64];
    csb_format(path, sizeof path, "/proc/%d/setgroups", csb_visible_pid(pidfd));
    int result = csb_write_file(path, "deny", 4);
    return result < 0 ? csb_fail_with(failure, CSB_STEP_ID_MAP, -result, path) : 0;
}

int csb_write_maps(int pidfd, const char *uid_map, const char *gid_map, struct csb_failure *failure) {
    char path[64];
    pid_t pid = csb_visible_pid(pidfd);
    if (pid < 0) return csb_fail_with(failure, CSB_STEP_ID_MAP, -pid, "/proc/self/fdinfo");
    csb_format(path, sizeof path, "/proc/%d/uid_map", pid);
    int result = csb_write_file(path, uid_map, strlen(uid_map));
    if (result < 0) return csb_fail_with(failure, CSB_STEP_ID_MAP, -result, path);
    csb_format(path, sizeof path, "/proc/%d/gid_map", pid);
    result = csb_write_file(path, gid_map, strlen(gid_map));
    if (result < 0) return csb_fail_with(failure, CSB_STEP_ID_MAP, -result, path);
    return 0;
}

// A user namespace with the shifted map and no process in it, for mount_setattr. Its child must live while the map is
// written, nothing more.
int csb_user_namespace(struct csb_failure *failure) {
    int pidfd = -1;
    pid_t pid = csb_clone(CLONE_NEWUSER, &pidfd);
    if (pid < 0) return csb_fail_with(failure, CSB_STEP_USER_NAMESPACE, -pid, NULL);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) pause();
    }
    char map[64], path[64];
    csb_format(map, sizeof map, "0 %u %u", CSB_SHIFT, CSB_SHIFTED_COUNT);
    int result = csb_write_maps(pidfd, map, map, failure);
    if (result == 0) {
        csb_format(path, sizeof path, "/proc/%d/ns/user", csb_visible_pid(pidfd));
        result = open(path, O_RDONLY | O_CLOEXEC);
        if (result < 0) result = csb_fail(failure, CSB_STEP_USER_NAMESPACE, path);
    }
    csb_pidfd_send_signal(pidfd, SIGKILL);
    close(pidfd);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    return result;
}

// The kernel's own call changes the calling thread alone. It clears the parent-death signal.
static void act_as(uint32_t id) {
    int death = 0;
    prctl(PR_GET_PDEATHSIG, &death);
    // Of the group first, while that is allowed.
    if (id) syscall(SYS_setresgid, -1, id, -1);
    syscall(SYS_setresuid, -1, id, -1);
    if (!id) syscall(SYS_setresgid, -1, 0, -1);
    prctl(PR_SET_PDEATHSIG, death);
}

// Steps of `inplace` are another user's, whom root without CAP_KILL cannot signal but can become.
static bool may_as_step(void) { return errno == EPERM && clinux_owner() && getuid() == 0; }

static int send_signal(int pidfd, int signal) {
    if (syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0) return -errno;
    // Whoever was stopped does not read what it was sent.
    if (signal != SIGKILL) syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, NULL, 0);
    return 0;
}

int csb_pidfd_send_signal(int pidfd, int signal) {
    int result = send_signal(pidfd, signal);
    errno = -result;
    if (result == 0 || !may_as_step()) return result;
    act_as(clinux_owner());
    result = send_signal(pidfd, signal);
    act_as(0);
    return result;
}

bool csb_step_can_reach(const char *path) {
    act_as(clinux_owner());
    bool can = syscall(SYS_faccessat2, AT_FDCWD, path, R_OK, AT_EACCESS) == 0 ||
               syscall(SYS_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
    act_as(0);
    return can;
}

int csb_kill(pid_t pid, int signal) {
    if (kill(pid, signal) == 0) return 0;
    if (!may_as_step()) return -errno;
    act_as(clinux_owner());
    int result = kill(pid, signal) < 0 ? -errno : 0;
    act_as(0);
    return result;
}

int csb_wait(pid_t pid, struct csb_usage *usage) {
    struct rusage used;
    pid_t result;
    do result = wait4(pid, &usage->status, 0, &used);
    while (result < 0 && errno == EINTR);
    if (result < 0) return -errno;
    usage->user_microseconds = used.ru_utime.tv_sec * 1000000LL + used.ru_utime.tv_usec;
    usage->system_microseconds = used.ru_stime.tv_sec * 1000000LL + used.ru_stime.tv_usec;
    usage->peak_kilobytes = used.ru_maxrss;
    return 0;
}

int csb_child_failed(int pipe_fd, const struct csb_failure *failure) {
    csb_write_all(pipe_fd, failure, sizeof *failure);
    _exit(CSB_EXIT_SETUP_FAILED);
}
