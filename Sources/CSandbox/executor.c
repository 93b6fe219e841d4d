// The executor's first instructions: its namespaces and its zygote, while it has one thread.
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "job.h"

static struct csb_executor executor = {.state_folder = "", .oom_file = "", .job = (const uint8_t *)""};
static struct csb_world world;
static volatile sig_atomic_t cancelled;

const struct csb_executor *csb_executor(void) { return &executor; }
bool csb_is_cancelled(void) { return cancelled != 0; }

// Async-signal-safe: the zygote ends the steps, Swift sees the flag and the descriptor.
static void cancel(int number) {
    (void)number;
    int saved = errno;
    uint64_t one = 1;
    cancelled = 1;
    (void)!write(executor.cancelled_fd, &one, sizeof one);
    kill(executor.zygote, SIGTERM);
    errno = saved;
}

// The scheduler let go of the lifeline. This is process 1: everything else goes with it.
static void lifeline_cut(int number) {
    (void)number;
    _exit(CSB_EXIT_SETUP_FAILED);
}

// A name alone could be anybody's. Only csb_spawn arranges these descriptors.
static bool was_spawned(int count, char **arguments) {
    if (count < 1 || strcmp(arguments[0], CSB_PROGRAM_NAME) != 0) return false;
    int type = 0;
    socklen_t size = sizeof type;
    if (fcntl(CSB_JOB_FD, F_GET_SEALS) != CSB_JOB_SEALS) return false;
    return getsockopt(CSB_SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

// Where no control group holds the processor time: everything runs on `count` of the processors that there are, beginning
// at one that other executors are not likely to have. False when all may be used.
static bool keep_to_processors(uint32_t count) {
    cpu_set_t all, kept;
    if (count == 0 || sched_getaffinity(0, sizeof all, &all) < 0) return false;
    uint32_t there = (uint32_t)CPU_COUNT(&all), position = 0;
    if (count >= there) return false;
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    uint32_t first = (uint32_t)(time.tv_nsec / 1000) % there;
    CPU_ZERO(&kept);
    for (int processor = 0; processor < CPU_SETSIZE; processor++) {
        if (!CPU_ISSET(processor, &all)) continue;
        if ((position++ + there - first) % there < count) CPU_SET(processor, &kept);
    }
    return sched_setaffinity(0, sizeof kept, &kept) == 0;
}

static int read_job(struct csb_failure *failure) {
    struct stat status;
    if (fstat(CSB_JOB_FD, &status) < 0) return csb_fail(failure, CSB_STEP_JOB, NULL);
    size_t size = (size_t)status.st_size;
    if (size < sizeof(struct csb_job_header)) return csb_fail_with(failure, CSB_STEP_JOB, EBADMSG, NULL);
    const void *memory = mmap(NULL, size, PROT_READ, MAP_PRIVATE, CSB_JOB_FD, 0);
    if (memory == MAP_FAILED) return csb_fail(failure, CSB_STEP_JOB, NULL);
    const struct csb_job_header *header = memory;
    if (header->magic != CSB_JOB_MAGIC || header->job_offset + header->job_length != size)
        return csb_fail_with(failure, CSB_STEP_JOB, EBADMSG, NULL);
    executor.rung = world.rung = header->rung;
    executor.state_folder = world.state_folder = header->state_folder;
    executor.oom_file = header->oom_file;
    executor.job = (const uint8_t *)memory + header->job_offset;
    executor.job_length = header->job_length;
    world.data_limit = header->data_limit;
    world.process_limit = header->process_limit;
    world.keeps_processors = keep_to_processors(header->processor_limit);
    return 0;
}

// The parent is outside this pid namespace, so getppid cannot tell whether it still lived when the death signal was
// set; the lifeline can.
static int hold_to_parent(struct csb_failure *failure) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return csb_fail(failure, CSB_STEP_PARENT_DEATH, NULL);
    struct pollfd polled = {.fd = CSB_LIFELINE_FD};
    if (poll(&polled, 1, 0) == 1 && polled.revents & (POLLHUP | POLLERR)) _exit(CSB_EXIT_SETUP_FAILED);
    return 0;
}

static int make_mounts_own(struct csb_failure *failure) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return csb_fail(failure, CSB_STEP_PRIVATE_MOUNTS, "/");
    return csb_mount_own_proc(&world, failure);
}

static void block(int number, int how) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(how, &set, NULL);
}

static int fork_zygote(struct csb_failure *failure) {
    int first, second;
    if (csb_socket_pair(&first, &second) < 0) return csb_fail(failure, CSB_STEP_SOCKET_PAIR, NULL);
    block(SIGTERM, SIG_BLOCK);
    pid_t pid = csb_clone(0, NULL);
    if (pid < 0) return csb_fail_with(failure, CSB_STEP_FORK_ZYGOTE, -pid, NULL);
    if (pid == 0) {
        close(first);
        for (int fd = CSB_JOB_FD; fd <= CSB_LIFELINE_FD; fd++) close(fd);
        csb_run_zygote(&world, second, CSB_STATUS_FD);
    }
    close(second);
    executor.zygote = pid;
    executor.zygote_socket = first;
    return 0;
}

// When memory runs out, for the image or the machine, a step is to go and not its executor, which tells of it, or a service
// of the host. Steps have it from the zygote.
static int fork_first_to_go(int badness, struct csb_failure *failure) {
    char own[16];
    ssize_t length = badness < 0 ? 0 : csb_read(badness, own, sizeof own);
    bool is_known = length > 0 && csb_write_all(badness, "1000", 4) == 0;
    int result = fork_zygote(failure);
    if (is_known) csb_write_all(badness, own, (size_t)length);
    return result;
}

static int watch(struct csb_failure *failure) {
    executor.cancelled_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (executor.cancelled_fd < 0) return csb_fail(failure, CSB_STEP_PIPE, "eventfd");
    struct sigaction on_cancel = {.sa_handler = cancel, .sa_flags = SA_RESTART};
    struct sigaction on_cut = {.sa_handler = lifeline_cut};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGTERM, &on_cancel, NULL);
    sigaction(SIGIO, &on_cut, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    block(SIGTERM, SIG_UNBLOCK);
    fcntl(CSB_LIFELINE_FD, F_SETOWN, getpid());
    fcntl(CSB_LIFELINE_FD, F_SETFL, fcntl(CSB_LIFELINE_FD, F_GETFL) | O_ASYNC);
    return hold_to_parent(failure);
}

static int enter(struct csb_failure *failure) {
    for (int fd = CSB_JOB_FD; fd <= CSB_STATUS_FD; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
    int result = hold_to_parent(failure);
    if (result == 0) result = read_job(failure);
    if (result == 0 && world.rung == CSB_RUNG_INPLACE) result = csb_own_step_files(failure);
    if (result == 0 && !csb_has_namespaces(world.rung)) result = csb_keep_executor(failure);
    // This process's own from here on, and opened while it is ours: where it is not dumpable it is root's.
    CSB_CLOSE int badness = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    prctl(PR_SET_DUMPABLE, 0);
    if (result == 0 && csb_has_namespaces(world.rung)) result = make_mounts_own(failure);
    if (result == 0) result = fork_first_to_go(badness, failure);
    if (result == 0) result = watch(failure);
    if (result < 0) return result;
    result = csb_filter_executor();
    return result < 0 ? csb_fail_with(failure, CSB_STEP_SECCOMP, -result, NULL) : 0;
}

// glibc gives constructors main's arguments. In every other program that links this, nothing happens here.
__attribute__((constructor)) static void enter_executor(int count, char **arguments) {
    struct csb_failure failure = {0};
    if (!was_spawned(count, arguments)) return;
    if (enter(&failure) < 0) csb_child_failed(CSB_STATUS_FD, &failure);
    executor.is_executor = true;
    // Said by both: a job that ends at once ends the zygote before that could say it.
    csb_write_all(CSB_STATUS_FD, &failure, sizeof failure);
    close(CSB_STATUS_FD);
}
