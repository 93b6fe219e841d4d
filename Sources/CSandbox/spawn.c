// Starting executors, from one thread that never ends: a parent-death signal comes when the spawning thread is gone.
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "job.h"
#include "spawn.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct csb_task *waiting;
static bool thread_runs;

static void *serve(void *unused) {
    (void)unused;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    pthread_mutex_lock(&lock);
    for (;;) {
        while (!waiting) pthread_cond_wait(&changed, &lock);
        struct csb_task *task = waiting;
        pthread_mutex_unlock(&lock);
        task->result = task->run(task);
        pthread_mutex_lock(&lock);
        waiting = NULL;
        task->done = true;
        pthread_cond_broadcast(&changed);
    }
    return NULL;
}

int csb_run_on_thread(struct csb_task *task) {
    int result = 0;
    pthread_mutex_lock(&lock);
    if (!thread_runs) {
        pthread_t thread;
        result = -pthread_create(&thread, NULL, serve, NULL);
        thread_runs = result == 0;
        if (thread_runs) pthread_detach(thread);
    }
    if (result == 0) {
        while (waiting) pthread_cond_wait(&changed, &lock);
        waiting = task;
        pthread_cond_broadcast(&changed);
        while (!task->done) pthread_cond_wait(&changed, &lock);
        result = task->result;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

// MARK: - In the child

// Moves the descriptors up first: a source may have a target's number.
static int arrange(const struct csb_spawn_request *request, int status_fd) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int sources[] = {null, request->output_fd, request->output_fd, request->job_fd, request->socket_fd,
                     request->lifeline_fd, status_fd};
    int count = sizeof sources / sizeof *sources;
    for (int index = 0; index < count; index++) {
        sources[index] = fcntl(sources[index], F_DUPFD_CLOEXEC, 64);
        if (sources[index] < 0) return -errno;
    }
    for (int index = 0; index < count; index++)
        if (dup2(sources[index], index) < 0) return -errno;
    return syscall(SYS_close_range, count, ~0U, 0) < 0 ? -errno : 0;
}

int csb_wait_for_maps(int32_t rung, const struct csb_channel *channel, struct csb_failure *failure) {
    char go;
    close(channel->go[1]);
    close(channel->status[0]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (csb_read(channel->go[0], &go, 1) != 1) _exit(CSB_EXIT_SETUP_FAILED);
    if (!csb_executor_is_mapped(rung)) return 0;
    if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
        return csb_fail(failure, CSB_STEP_SET_IDS, "0");
    return prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? csb_fail(failure, CSB_STEP_PARENT_DEATH, NULL) : 0;
}

static void become_executor(const struct csb_spawn_request *request, const struct csb_channel *channel)
    __attribute__((noreturn));
static void become_executor(const struct csb_spawn_request *request, const struct csb_channel *channel) {
    static char *const arguments[] = {CSB_PROGRAM_NAME, NULL};
    static char *const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                        "LANG=C.UTF-8", "OPENSSL_CONF=/dev/null", NULL};
    struct csb_failure failure = {0};
    if (csb_wait_for_maps(request->rung, channel, &failure) < 0) csb_child_failed(channel->status[1], &failure);
    setsid();
    umask(022);
    int result = chdir("/") < 0 ? -errno : arrange(request, channel->status[1]);
    if (result < 0) {
        csb_fail_with(&failure, CSB_STEP_DESCRIPTORS, -result, NULL);
        csb_child_failed(channel->status[1], &failure);
    }
    csb_drop_signals();
    execve(request->executable, arguments, environment);
    csb_fail(&failure, CSB_STEP_EXEC_EXECUTOR, request->executable);
    csb_child_failed(CSB_STATUS_FD, &failure);
}

// MARK: - In the parent

enum { MAX_MAP_ARGUMENTS = 256 };

static int run_map_helper(const char *const *list, pid_t target, enum csb_step step, struct csb_failure *failure) {
    char pid_text[16];
    const char *arguments[MAX_MAP_ARGUMENTS + 2] = {list[0], pid_text};
    csb_format(pid_text, sizeof pid_text, "%d", target);
    for (int index = 1; index < MAX_MAP_ARGUMENTS && list[index]; index++) arguments[index + 1] = list[index];
    pid_t pid = csb_clone(0, NULL);
    if (pid < 0) return csb_fail_with(failure, step, -pid, list[0]);
    if (pid == 0) {
        static char *const environment[] = {NULL};
        csb_drop_signals();
        execve(list[0], (char *const *)arguments, environment);
        _exit(127);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    return csb_fail_with(failure, step, WIFEXITED(status) && WEXITSTATUS(status) == 127 ? ENOENT : EPERM, list[0]);
}

static int enter_groups(const char *const *files, pid_t pid, struct csb_failure *failure) {
    char text[16];
    size_t length = csb_format(text, sizeof text, "%d", pid);
    for (; files && *files; files++) {
        int result = csb_write_file(*files, text, length);
        if (result < 0) return csb_fail_with(failure, CSB_STEP_CONTROL_GROUP, -result, *files);
    }
    return 0;
}

static int give_ids(const struct csb_id_maps *maps, pid_t pid, int pidfd, struct csb_failure *failure) {
    int result = maps->denies_groups ? csb_deny_groups(pidfd, failure) : 0;
    if (result == 0 && maps->uid_map) result = csb_write_maps(pidfd, maps->uid_map, maps->gid_map, failure);
    if (result == 0 && maps->newuidmap) result = run_map_helper(maps->newuidmap, pid, CSB_STEP_NEWUIDMAP, failure);
    if (result == 0 && maps->newgidmap) result = run_map_helper(maps->newgidmap, pid, CSB_STEP_NEWGIDMAP, failure);
    return result;
}

static int let_go(const struct csb_spawn_request *request, pid_t pid, int pidfd, const struct csb_channel *channel,
                  struct csb_failure *failure) {
    int result = enter_groups(request->group_files, pid, failure);
    if (result == 0) result = give_ids(&request->maps, pid, pidfd, failure);
    if (result == 0 && csb_write_all(channel->go[1], "", 1) < 0) result = csb_fail(failure, CSB_STEP_PIPE, NULL);
    return result;
}

// The executor and its zygote hold the pipe until all is built; each then says that nothing failed. Silence of both is
// no success: a program that cannot even load ends so.
static int await_status(int fd, struct csb_failure *failure) {
    struct csb_failure told;
    bool ready = false;
    while (csb_read(fd, &told, sizeof told) == sizeof told) {
        if (told.step != CSB_STEP_NONE) {
            *failure = told;
            return -told.error;
        }
        ready = true;
    }
    return ready ? 0 : csb_fail_with(failure, CSB_STEP_EXECUTOR_GONE, EPIPE, NULL);
}

static uint64_t namespaces(int32_t rung) {
    if (!csb_has_namespaces(rung)) return 0;
    uint64_t flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC;
    return csb_executor_is_mapped(rung) ? flags | CLONE_NEWUSER : flags;
}

int csb_start(const struct csb_spawn_request *request, csb_child_body *body, int *pidfd, struct csb_failure *failure) {
    struct csb_channel channel = {{-1, -1}, {-1, -1}};
    if (pipe2(channel.go, O_CLOEXEC) < 0) return csb_fail(failure, CSB_STEP_PIPE, NULL);
    CSB_CLOSE int go_read = channel.go[0], go_write = channel.go[1];
    if (pipe2(channel.status, O_CLOEXEC) < 0) return csb_fail(failure, CSB_STEP_PIPE, NULL);
    CSB_CLOSE int status_read = channel.status[0], status_write = channel.status[1];
    pid_t pid = csb_clone(namespaces(request->rung), pidfd);
    if (pid == 0) body(request, &channel);
    if (pid < 0) {
        bool user = csb_executor_is_mapped(request->rung);
        return csb_fail_with(failure, user ? CSB_STEP_USER_NAMESPACE : CSB_STEP_PROCESS_NAMESPACES, -pid, NULL);
    }
    close(status_write);
    status_write = -1;
    int result = let_go(request, pid, *pidfd, &channel, failure);
    if (result == 0) result = await_status(status_read, failure);
    if (result == 0) return pid;
    csb_pidfd_send_signal(*pidfd, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    close(*pidfd);
    return result;
}

void csb_prepare_state(int32_t rung, const char *state_folder) {
    CSB_CLOSE int state = rung == CSB_RUNG_SINGLE ? open(state_folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (state >= 0) csb_take_back(state);
}

static int spawn_task(struct csb_task *task) { return csb_start(task->request, become_executor, task->pidfd, task->failure); }

int csb_spawn(const struct csb_spawn_request *request, int *pidfd, struct csb_failure *failure) {
    struct csb_task task = {.run = spawn_task, .request = request, .pidfd = pidfd, .failure = failure};
    return csb_run_on_thread(&task);
}

// MARK: - The job

int csb_make_job(const struct csb_job_settings *settings, const void *job, size_t length) {
    static _Thread_local struct csb_job_header header;
    header = (struct csb_job_header){.magic = CSB_JOB_MAGIC,
                                     .rung = settings->rung,
                                     .job_offset = sizeof header,
                                     .job_length = length,
                                     .data_limit = settings->data_limit,
                                     .process_limit = settings->process_limit,
                                     .processor_limit = settings->processor_limit};
    if (strlen(settings->state_folder) >= PATH_MAX || strlen(settings->oom_file) >= PATH_MAX) return -ENAMETOOLONG;
    csb_prepare_state(settings->rung, settings->state_folder);
    strcpy(header.state_folder, settings->state_folder);
    strcpy(header.oom_file, settings->oom_file);
    int fd = memfd_create("job", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return -errno;
    int result = csb_write_all(fd, &header, sizeof header);
    if (result == 0) result = csb_write_all(fd, job, length);
    if (result == 0 && fcntl(fd, F_ADD_SEALS, CSB_JOB_SEALS) < 0) result = -errno;
    if (result == 0) return fd;
    close(fd);
    return result;
}
