// The zygote: single-threaded, forked before Swift has threads, holds no secret. It starts steps and tells how they end.
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#include "internal.h"
#include "owners.h"
#include "protocol.h"

enum { MAX_STEPS = 64, GRACE_MILLISECONDS = 1000 };

struct running {
    pid_t pid;
    int pidfd;
    int reply_fd;
    int report_fd;
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
    if (number == SIGKILL) number = csb_kill_signal(zygote->world->rung);
    for (int index = 0; index < zygote->count; index++) csb_pidfd_send_signal(zygote->steps[index].pidfd, number);
}

static void refuse(int reply_fd, const struct csb_failure *failure) {
    struct csb_reply reply = {.kind = CSB_REPLY_FAILED, .failure = *failure};
    csb_send(reply_fd, &reply, sizeof reply, NULL, 0);
}

// The program's user must be able to open /dev/stdout again, and a pipe belongs to who made it, as does a terminal.
static void give_file(const struct csb_world *world, int fd, uint32_t uid) {
    struct stat status;
    uid_t base = world->rung == CSB_RUNG_SHIFTED ? CSB_SHIFT : 0;
    if (world->rung == CSB_RUNG_INPLACE) base = clinux_owner(), uid = 0;
    if (fstat(fd, &status) < 0) return;
    if (S_ISFIFO(status.st_mode) || (S_ISCHR(status.st_mode) && isatty(fd))) (void)!fchown(fd, base + uid, (gid_t)-1);
}

static void give_files(const struct csb_world *world, const struct csb_step_files *files, uint32_t uid) {
    give_file(world, files->stdout_fd, uid);
    give_file(world, files->stderr_fd, uid);
    if (files->is_terminal) give_file(world, files->stdin_fd, uid);
}

// Which network the step gets; the stack is started for the first that needs it.
static int choose_network(struct zygote *zygote, int wanted, struct csb_reply *reply) {
    if (wanted != CSB_NETWORK_PRIVATE) return wanted;
    if (!csb_has_namespaces(zygote->world->rung)) {
        csb_format(reply->note, sizeof reply->note, "no network namespace can be had here");
        return CSB_NETWORK_HOST;
    }
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
    if (!csb_has_namespaces(zygote->world->rung)) {
        step->pid = csb_clone(0, &step->pidfd);
        return step->pid < 0 ? csb_fail_with(failure, CSB_STEP_CLONE, -step->pid, NULL) : 0;
    }
    uint64_t flags = csb_step_namespaces(zygote->world->rung);
    if (network == CSB_NETWORK_NONE) flags |= CLONE_NEWNET;
    bool private = network == CSB_NETWORK_PRIVATE;
    step->pid = private ? clone_in_network(zygote->stack.namespace_fd, flags, failure) : csb_clone(flags, &step->pidfd);
    if (step->pid == 0) return 0;
    if (step->pid < 0) return private ? step->pid : csb_fail_with(failure, CSB_STEP_CLONE, -step->pid, NULL);
    if (private) step->pidfd = (int)syscall(SYS_pidfd_open, step->pid, 0);
    return step->pidfd < 0 ? csb_fail(failure, CSB_STEP_CLONE, "pidfd_open") : 0;
}

static void enter(struct zygote *zygote, const struct csb_step_request *request, int network, int go_fd, int report_fd,
                  const struct csb_step_files *files) __attribute__((noreturn));
static void enter(struct zygote *zygote, const struct csb_step_request *request, int network, int go_fd, int report_fd,
                  const struct csb_step_files *files) {
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
                                   .files = *files};
    if (zygote->world->rung == CSB_RUNG_JAIL) csb_enter_jail(&child);
    if (zygote->world->rung == CSB_RUNG_INPLACE) csb_enter_in_place(&child);
    csb_enter_step(&child);
}

static void give_up(const struct running *step) {
    if (step->report_fd >= 0) close(step->report_fd);
    if (step->pid <= 0) return;
    csb_kill(step->pid, SIGKILL);
    waitpid(step->pid, NULL, 0);
    if (step->pidfd >= 0) close(step->pidfd);
}

// Clones the step and lets it go. `report_write`: of a pipe, for the step.
static int let_go(struct zygote *zygote, const struct csb_step_request *request, const struct csb_step_files *files,
                  int report_write, struct running *step, struct csb_reply *reply, struct csb_failure *failure) {
    int go[2];
    if (pipe2(go, O_CLOEXEC) < 0) return csb_fail(failure, CSB_STEP_PIPE, NULL);
    CSB_CLOSE int go_read = go[0], go_write = go[1];
    reply->network = choose_network(zygote, request->network, reply);
    give_files(zygote->world, files, request->uid);
    int result = zygote->world->rung == CSB_RUNG_MAPPED ? csb_take_request(request, failure) : 0;
    if (result == 0) result = clone_step(zygote, reply->network, step, failure);
    if (result == 0 && step->pid == 0) {
        close(go_write);
        enter(zygote, request, reply->network, go_read, report_write, files);
    }
    if (result == 0 && csb_has_namespaces(zygote->world->rung))
        result = csb_map_step(zygote->world, step->pidfd, failure);
    return result < 0 ? result : csb_write_all(go_write, "", 1);
}

// The reply socket is kept open on success only.
static int launch(struct zygote *zygote, const struct csb_step_request *request, const struct csb_step_files *files,
                  int reply_fd, struct csb_failure *failure) {
    struct csb_reply reply = {.kind = CSB_REPLY_STARTED};
    struct running step = {.reply_fd = reply_fd, .pidfd = -1, .report_fd = -1};
    int report[2];
    int result = pipe2(report, O_CLOEXEC) < 0 ? csb_fail(failure, CSB_STEP_PIPE, NULL) : 0;
    if (result == 0) {
        step.report_fd = report[0];
        result = let_go(zygote, request, files, report[1], &step, &reply, failure);
        close(report[1]);
    }
    if (result < 0) {
        give_up(&step);
        return result;
    }
    csb_send(reply_fd, &reply, sizeof reply, &step.pidfd, 1);
    zygote->steps[zygote->count++] = step;
    return 0;
}

struct arrival {
    struct csb_start start;
    int fds[CSB_DESCRIPTOR_LIMIT];
    int count;
};

static int start_step(struct zygote *zygote, const struct arrival *arrival, struct csb_failure *failure) {
    const int *fds = arrival->fds;
    int first_content = CSB_START_FIXED + (arrival->start.has_stdin ? 1 : 0);
    struct csb_step_files files = {.stdin_fd = arrival->start.has_stdin ? fds[CSB_START_FIXED] : -1,
                                   .stdout_fd = fds[CSB_START_STDOUT],
                                   .stderr_fd = fds[CSB_START_STDERR],
                                   .is_terminal = arrival->start.is_terminal};
    struct csb_parsed_request parsed = {0};
    int result = arrival->count < first_content ? -EBADMSG
                                                : csb_decode_request(fds[CSB_START_REQUEST], fds + first_content,
                                                                     arrival->count - first_content, &parsed);
    if (result < 0) csb_fail_with(failure, CSB_STEP_REQUEST, -result, NULL);
    else if (zygote->cancelled) result = csb_fail_with(failure, CSB_STEP_CANCELLED, ECANCELED, NULL);
    else if (zygote->count == MAX_STEPS) result = csb_fail_with(failure, CSB_STEP_CLONE, EAGAIN, "too many steps");
    else result = launch(zygote, &parsed.step, &files, fds[CSB_START_REPLY], failure);
    csb_free_request(&parsed);
    return result;
}

// False when the executor is gone.
static bool take_request(struct zygote *zygote) {
    struct arrival arrival = {.count = CSB_DESCRIPTOR_LIMIT};
    ssize_t length =
        csb_receive(zygote->socket, &arrival.start, sizeof arrival.start, arrival.fds, &arrival.count, 0);
    if (length == 0 || (length < 0 && length != -EMSGSIZE)) return false;
    struct csb_failure failure = {0};
    int result = -EBADMSG;
    if (length == sizeof arrival.start && arrival.count >= CSB_START_FIXED) {
        result = start_step(zygote, &arrival, &failure);
        if (result < 0) refuse(arrival.fds[CSB_START_REPLY], &failure);
    }
    for (int index = 0; index < arrival.count; index++)
        if (index != CSB_START_REPLY || result < 0) close(arrival.fds[index]);
    return true;
}

// The first failure or status is what happened: init still reports a program that could not be started.
static void read_reports(const struct running *step, struct csb_reply *reply) {
    struct csb_report report;
    bool decided = false;
    while (csb_read(step->report_fd, &report, sizeof report) == sizeof report) {
        if (decided) continue;
        decided = true;
        if (report.kind == CSB_REPORT_STATUS) reply->usage.status = report.status;
        if (report.kind != CSB_REPORT_FAILURE) continue;
        reply->kind = CSB_REPLY_FAILED;
        reply->failure = report.failure;
    }
}

// A supervisor that was killed leaves its processes to the zygote.
static void end_orphans(const struct zygote *zygote) {
    pid_t steps[MAX_STEPS];
    if (csb_has_namespaces(zygote->world->rung)) return;
    for (int index = 0; index < zygote->count; index++) steps[index] = zygote->steps[index].pid;
    csb_kill_offspring(steps, zygote->count);
}

static void finish(struct zygote *zygote, int index) {
    struct running step = zygote->steps[index];
    struct csb_reply reply = {.kind = CSB_REPLY_EXITED};
    csb_wait(step.pid, &reply.usage);
    zygote->steps[index] = zygote->steps[--zygote->count];
    end_orphans(zygote);
    read_reports(&step, &reply);
    csb_send(step.reply_fd, &reply, sizeof reply, NULL, 0);
    close(step.reply_fd);
    close(step.report_fd);
    close(step.pidfd);
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

// Without a world of its own: requests name paths below the state folder, and orphans are to come here.
static int enter_state(const struct csb_world *world, struct csb_failure *failure) {
    if (chdir(world->state_folder) < 0) return csb_fail(failure, CSB_STEP_OPEN_STATE, world->state_folder);
    return prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ? csb_fail(failure, CSB_STEP_SUBREAPER, NULL) : 0;
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
    int result = csb_has_namespaces(world->rung) ? csb_build_world(world, &failure) : enter_state(world, &failure);
    if (result < 0) csb_child_failed(status_fd, &failure);
    csb_write_all(status_fd, &failure, sizeof failure);
    close(status_fd);
    loop(&zygote);
}
