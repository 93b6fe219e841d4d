// Does a rung work here? Found by doing: all namespaces and mounts of an empty step, in a forked child.
#include <linux/limits.h>
#include <pthread.h>
#include <sys/wait.h>

#include "internal.h"
#include "spawn.h"

static const char *probed_state, *probed_scratch;

// Runs in a forked child, so the paths may be kept in static memory there.
static int probe_step(struct csb_world *world, struct csb_failure *failure) {
    int go[2], report[2], pidfd = -1;
    char lower[PATH_MAX], upper[PATH_MAX], work[PATH_MAX];
    csb_format(lower, sizeof lower, "%s/lower", probed_scratch);
    csb_format(upper, sizeof upper, "%s/upper", probed_scratch);
    csb_format(work, sizeof work, "%s/work", probed_scratch);
    const char *lowers[] = {lower, NULL};
    struct csb_overlay overlay = {.lowers = lowers, .last_lower = "/skeleton", .upper = upper, .work = work};
    if (pipe2(go, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0) return csb_fail(failure, CSB_STEP_PIPE, NULL);
    pid_t pid = csb_clone(csb_step_namespaces(world->rung), &pidfd);
    if (pid < 0) return csb_fail_with(failure, CSB_STEP_USER_NAMESPACE, -pid, NULL);
    if (pid == 0) {
        struct csb_step_child child = {.world = world, .overlay = &overlay, .resolver = "", .go_fd = go[0],
                                       .report_fd = report[1], .files = {.stdin_fd = -1}};
        csb_enter_step(&child);
    }
    close(report[1]);
    int result = csb_map_step(world, pidfd, failure);
    if (result < 0) return result;
    csb_write_all(go[1], "", 1);
    struct csb_report told;
    if (csb_read(report[0], &told, sizeof told) != sizeof told) return 0;
    *failure = told.failure;
    return -failure->error;
}

// The caller's directories are not of the ids of the new namespace.
static int take_scratch(struct csb_failure *failure) {
    static const char *const names[] = {"lower/directory", "upper", "work", NULL};
    CSB_CLOSE int state = open(probed_state, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (state < 0) return csb_fail(failure, CSB_STEP_OPEN_STATE, probed_state);
    int result = 0;
    for (const char *const *name = names; *name && result == 0; name++) {
        char path[PATH_MAX];
        csb_format(path, sizeof path, "%s/%s", probed_scratch, *name);
        result = csb_take_path(state, path, failure);
    }
    return result;
}

static void probe_body(const struct csb_spawn_request *request, const struct csb_channel *channel)
    __attribute__((noreturn));
static void probe_body(const struct csb_spawn_request *request, const struct csb_channel *channel) {
    static struct csb_world world;
    struct csb_failure failure = {0};
    int status = channel->status[1];
    world.rung = request->rung;
    world.state_folder = probed_state;
    if (csb_wait_for_maps(request->rung, channel, &failure) < 0) csb_child_failed(status, &failure);
    if (!csb_has_namespaces(request->rung)) {
        char root[PATH_MAX];
        csb_format(root, sizeof root, "%s/upper", probed_scratch);
        bool is_in_place = request->rung == CSB_RUNG_INPLACE;
        if (is_in_place) csb_format(root, sizeof root, "%s/%s/upper", probed_state, probed_scratch);
        int result = is_in_place ? csb_try_in_place(&world, root, &failure) : csb_try_jail(&world, root, &failure);
        if (result == 0) failure.step = CSB_STEP_NONE;
        csb_child_failed(status, &failure);
    }
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
        csb_fail(&failure, CSB_STEP_PRIVATE_MOUNTS, "/");
        csb_child_failed(status, &failure);
    }
    if (csb_mount_own_proc(&world, &failure) < 0) csb_child_failed(status, &failure);
    if (world.rung == CSB_RUNG_MAPPED && take_scratch(&failure) < 0) csb_child_failed(status, &failure);
    if (csb_build_world(&world, &failure) < 0) csb_child_failed(status, &failure);
    if (probe_step(&world, &failure) == 0) failure.step = CSB_STEP_NONE;
    csb_child_failed(status, &failure);
}

static int probe_task(struct csb_task *task) {
    int result = csb_start(task->request, probe_body, task->pidfd, task->failure);
    if (result < 0) return result;
    while (waitpid(result, NULL, 0) < 0 && errno == EINTR) {}
    close(*task->pidfd);
    return 0;
}

int csb_probe(int32_t rung, const char *state_folder, const char *scratch, const struct csb_id_maps *maps,
              struct csb_failure *failure) {
    int pidfd = -1;
    struct csb_spawn_request request = {.executable = "", .rung = rung, .maps = *maps};
    struct csb_task task = {.run = probe_task, .request = &request, .pidfd = &pidfd, .failure = failure};
    static pthread_mutex_t one_probe = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&one_probe);
    probed_state = state_folder;
    probed_scratch = scratch;
    csb_prepare_state(rung, state_folder);
    int result = csb_run_on_thread(&task);
    pthread_mutex_unlock(&one_probe);
    return result;
}
