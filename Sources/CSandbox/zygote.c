// The zygote: single-threaded, forked before Swift has threads, holds no secret. It starts steps and tells how they end.
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#include "internal.h"
#include "protocol.h"

enum { MAX_STEPS = 64, GRACE_MILLISECONDS = 1000 };

struct running {
    pid_t pid;
    int pidfd;
    int reply_fd;
    int report_fd;
    int upper_fd;  // opened before the step: nothing is removed by a path that the step could lead elsewhere
};

struct zygote {
    struct csb_world *world;
    struct csb_network_stack stack;
    char host_resolver[4096];
    int socket;
    int signals;
    bool cancelled;
    int64_t kill_at;  // CLOCK_MONOTONIC milliseconds; 0: no step waits for KILL
    struct running steps[MAX_STEPS];
    int count;
};

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static void signal_steps(struct zygote *zygote, int number) {
    for (int index = 0; index < zygote->count; index++) csb_pidfd_send_signal(zygote->steps[index].pidfd, number);
}

static void refuse(int reply_fd, const struct csb_failure *failure) {
    struct csb_reply reply = {.kind = CSB_REPLY_FAILED, .failure = *failure};
    csb_send(reply_fd, &reply, sizeof reply, NULL, 0);
}

// The program's user must be able to open /dev/stdout again, and a pipe belongs to who made it.
static void give_pipe(const struct csb_world *world, int fd, uint32_t uid) {
    struct stat status;
    uid_t base = world->rung == CSB_RUNG_SHIFTED ? CSB_SHIFT : 0;
    if (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode)) (void)!fchown(fd, base + uid, (gid_t)-1);
}

// Which network the step gets; the stack is started for the first that needs it.
static int choose_network(struct zygote *zygote, int wanted, struct csb_reply *reply) {
    if (wanted != CSB_NETWORK_PRIVATE) return wanted;
    if (zygote->stack.state == 0) {
        csb_format(zygote->stack.resolver, sizeof zygote->stack.resolver, "%s", zygote->host_resolver);
        csb_start_network_stack(zygote->world, &zygote->stack);
    }
    if (zygote->stack.state == 1) return CSB_NETWORK_PRIVATE;
    csb_format(reply->note, sizeof reply->note, "%s", zygote->stack.note);
    return CSB_NETWORK_HOST;
}

// A process between the zygote and the step enters the executor's network namespace: the zygote itself could not come
// back from there in `subid`. The step becomes the zygote's child (CLONE_PARENT) all the same. Returns twice, as fork.
static pid_t clone_in_network(int namespace_fd, uint64_t flags, struct csb_failure *failure) {
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC) < 0) return csb_fail(failure, CSB_STEP_PIPE, NULL);
    CSB_CLOSE int read_end = pipe_fds[0], write_end = pipe_fds[1];
    pid_t between = csb_clone(0, NULL);
    if (between < 0) return csb_fail_with(failure, CSB_STEP_CLONE, -between, NULL);
    if (between == 0) {
        pid_t pid = setns(namespace_fd, CLONE_NEWNET) < 0 ? -errno : csb_clone(flags | CLONE_PARENT, NULL);
        if (pid == 0) return 0;
        csb_write_all(write_end, &pid, sizeof pid);
        _exit(0);
    }
    close(write_end);
    write_end = -1;
    pid_t pid = -EPIPE;
    csb_read(read_end, &pid, sizeof pid);
    while (waitpid(between, NULL, 0) < 0 && errno == EINTR) {}
    return pid < 0 ? csb_fail_with(failure, CSB_STEP_NETWORK_NAMESPACE, -pid, NULL) : pid;
}

static int clone_step(struct zygote *zygote, int network, struct running *step, struct csb_failure *failure) {
    uint64_t flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    if (network == CSB_NETWORK_NONE) flags |= CLONE_NEWNET;
    bool private = network == CSB_NETWORK_PRIVATE;
    step->pid = private ? clone_in_network(zygote->stack.namespace_fd, flags, failure) : csb_clone(flags, &step->pidfd);
    if (step->pid == 0) return 0;
    if (step->pid < 0) return private ? step->pid : csb_fail_with(failure, CSB_STEP_CLONE, -step->pid, NULL);
    if (private) step->pidfd = (int)syscall(SYS_pidfd_open, step->pid, 0);
    return step->pidfd < 0 ? csb_fail(failure, CSB_STEP_CLONE, "pidfd_open") : 0;
}

static void enter(struct zygote *zygote, const struct csb_step_request *request, int network, int go_fd, int report_fd,
                  const int *output) __attribute__((noreturn));
static void enter(struct zygote *zygote, const struct csb_step_request *request, int network, int go_fd, int report_fd,
                  const int *output) {
    struct csb_overlay overlay = {.lowers = request->lowers,
                                  .last_lower = "/skeleton",
                                  .upper = request->upper,
                                  .work = request->work};
    struct csb_step_request step = *request;
    step.network = network;
    struct csb_step_child child = {.world = zygote->world,
                                   .request = &step,
                                   .overlay = &overlay,
                                   .resolver = network == CSB_NETWORK_PRIVATE ? zygote->stack.resolver
                                                                              : zygote->host_resolver,
                                   .go_fd = go_fd,
                                   .report_fd = report_fd,
                                   .stdout_fd = output[0],
                                   .stderr_fd = output[1]};
    csb_enter_step(&child);
}

static void give_up(const struct running *step) {
    if (step->report_fd >= 0) close(step->report_fd);
    if (step->upper_fd >= 0) close(step->upper_fd);
    if (step->pid <= 0) return;
    kill(step->pid, SIGKILL);
    waitpid(step->pid, NULL, 0);
    if (step->pidfd >= 0) close(step->pidfd);
}

static int open_upper(const char *upper, struct csb_failure *failure) {
    CSB_CLOSE int state = open("/state", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = csb_openat2(state, upper, O_PATH | O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    return fd < 0 ? csb_fail_with(failure, CSB_STEP_OVERLAY_UPPER, -fd, upper) : fd;
}

// Clones the step and lets it go. `fds`: stdout, stderr, reply; `report`: a pipe whose write end is the step's.
static int let_go(struct zygote *zygote, const struct csb_step_request *request, const int *fds, int report_write,
                  struct running *step, struct csb_reply *reply, struct csb_failure *failure) {
    int go[2];
    if (pipe2(go, O_CLOEXEC) < 0) return csb_fail(failure, CSB_STEP_PIPE, NULL);
    CSB_CLOSE int go_read = go[0], go_write = go[1];
    reply->network = choose_network(zygote, request->network, reply);
    give_pipe(zygote->world, fds[0], request->uid);
    give_pipe(zygote->world, fds[1], request->uid);
    int result = clone_step(zygote, reply->network, step, failure);
    if (result == 0 && step->pid == 0) {
        close(go_write);
        enter(zygote, request, reply->network, go_read, report_write, fds);
    }
    if (result == 0) result = csb_write_maps(step->pid, zygote->world->uid_map, zygote->world->gid_map, failure);
    return result < 0 ? result : csb_write_all(go_write, "", 1);
}

// The reply socket is kept open on success only.
static int launch(struct zygote *zygote, const struct csb_step_request *request, const int *fds,
                  struct csb_failure *failure) {
    struct csb_reply reply = {.kind = CSB_REPLY_STARTED};
    struct running step = {.reply_fd = fds[2], .pidfd = -1, .report_fd = -1};
    int report[2];
    step.upper_fd = open_upper(request->upper, failure);
    if (step.upper_fd < 0) return step.upper_fd;
    int result = pipe2(report, O_CLOEXEC) < 0 ? csb_fail(failure, CSB_STEP_PIPE, NULL) : 0;
    if (result == 0) {
        step.report_fd = report[0];
        result = let_go(zygote, request, fds, report[1], &step, &reply, failure);
        close(report[1]);
    }
    if (result < 0) {
        give_up(&step);
        return result;
    }
    csb_send(fds[2], &reply, sizeof reply, &step.pidfd, 1);
    zygote->steps[zygote->count++] = step;
    return 0;
}

// One message: the request in a memfd, stdout, stderr, and the socket for the answers.
static bool take_request(struct zygote *zygote) {
    int fds[4], count = 4;
    char byte;
    ssize_t length = csb_receive(zygote->socket, &byte, sizeof byte, fds, &count, 0);
    if (length == 0 || (length < 0 && length != -EMSGSIZE)) return false;
    struct csb_failure failure = {0};
    int result = -EBADMSG;
    if (count == 4) {
        struct csb_parsed_request parsed = {0};
        result = csb_decode_request(fds[0], &parsed);
        if (result < 0) csb_fail_with(&failure, CSB_STEP_REQUEST, -result, NULL);
        else if (zygote->cancelled) result = csb_fail_with(&failure, CSB_STEP_CANCELLED, ECANCELED, NULL);
        else if (zygote->count == MAX_STEPS) result = csb_fail_with(&failure, CSB_STEP_CLONE, EAGAIN, "too many steps");
        else result = launch(zygote, &parsed.step, fds + 1, &failure);
        csb_free_request(&parsed);
        if (result < 0) refuse(fds[3], &failure);
    }
    for (int index = 0; index < count; index++)
        if (index != 3 || result < 0) close(fds[index]);
    return true;
}

// Empty files only: if the step could put something there, it is its own.
static void remove_made(int upper_fd, unsigned made) {
    CSB_CLOSE int etc = csb_openat2(upper_fd, "etc", O_PATH | O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    for (int index = 0; csb_etc_files[index] && etc >= 0; index++) {
        struct stat status;
        if (!(made >> index & 1)) continue;
        if (fstatat(etc, csb_etc_files[index], &status, AT_SYMLINK_NOFOLLOW) < 0) continue;
        if (S_ISREG(status.st_mode) && status.st_size == 0) unlinkat(etc, csb_etc_files[index], 0);
    }
}

// The first failure or status is what happened: init still reports a program that could not be started.
static void read_reports(const struct running *step, struct csb_reply *reply) {
    struct csb_report report;
    bool decided = false;
    while (csb_read(step->report_fd, &report, sizeof report) == sizeof report) {
        if (report.kind == CSB_REPORT_MADE) remove_made(step->upper_fd, (unsigned)report.status);
        if (decided || report.kind == CSB_REPORT_MADE) continue;
        decided = true;
        if (report.kind == CSB_REPORT_STATUS) reply->usage.status = report.status;
        if (report.kind != CSB_REPORT_FAILURE) continue;
        reply->kind = CSB_REPLY_FAILED;
        reply->failure = report.failure;
    }
}

static void finish(struct zygote *zygote, int index) {
    struct running step = zygote->steps[index];
    struct csb_reply reply = {.kind = CSB_REPLY_EXITED};
    csb_wait(step.pid, &reply.usage);
    read_reports(&step, &reply);
    csb_send(step.reply_fd, &reply, sizeof reply, NULL, 0);
    close(step.reply_fd);
    close(step.report_fd);
    close(step.upper_fd);
    close(step.pidfd);
    zygote->steps[index] = zygote->steps[--zygote->count];
}

static void take_signal(struct zygote *zygote) {
    struct signalfd_siginfo info;
    if (read(zygote->signals, &info, sizeof info) != sizeof info) return;
    if (info.ssi_signo != SIGTERM) return;
    zygote->cancelled = true;
    zygote->kill_at = now() + GRACE_MILLISECONDS;
    signal_steps(zygote, SIGTERM);
}

static int time_left(struct zygote *zygote) {
    if (zygote->kill_at == 0 || zygote->count == 0) return -1;
    int64_t left = zygote->kill_at - now();
    if (left > 0) return (int)left;
    signal_steps(zygote, SIGKILL);
    zygote->kill_at = 0;
    return -1;
}

static void loop(struct zygote *zygote) __attribute__((noreturn));
static void loop(struct zygote *zygote) {
    for (;;) {
        struct pollfd polled[2 + MAX_STEPS] = {{.fd = zygote->socket, .events = POLLIN},
                                               {.fd = zygote->signals, .events = POLLIN}};
        int count = zygote->count;
        for (int index = 0; index < count; index++)
            polled[2 + index] = (struct pollfd){.fd = zygote->steps[index].pidfd, .events = POLLIN};
        if (poll(polled, (nfds_t)(2 + count), time_left(zygote)) < 0) continue;
        for (int index = count - 1; index >= 0; index--)
            if (polled[2 + index].revents) finish(zygote, index);
        if (polled[1].revents) take_signal(zygote);
        if (polled[0].revents && !take_request(zygote)) _exit(0);
    }
}

int csb_run_zygote(struct csb_world *world, int socket, int status_fd) {
    static struct zygote zygote;
    struct csb_failure failure = {0};
    prctl(PR_SET_NAME, "zygote");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    zygote.world = world;
    zygote.socket = socket;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    zygote.signals = signalfd(-1, &signals, SFD_CLOEXEC);
    csb_read_resolver(zygote.host_resolver, sizeof zygote.host_resolver);
    if (csb_build_world(world, &failure) < 0) csb_child_failed(status_fd, &failure);
    csb_write_all(status_fd, &failure, sizeof failure);
    close(status_fd);
    loop(&zygote);
}
