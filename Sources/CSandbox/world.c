// The zygote's own root: a small tmpfs with the state folder and what steps need. The host's files are in no mount
// namespace of a step, not even before its pivot_root.
#include <stdlib.h>

#include "internal.h"

static const char *const directories[] = {"state", "proc", "dev", "cpu", "root", "workshop", "terminals", "empty", "skeleton",
                                          "skeleton/proc", "skeleton/sys", "skeleton/dev", "skeleton/etc", NULL};
static const char *const files[] = {"dev/null", "dev/zero", "dev/full", "dev/random", "dev/urandom", "dev/tty",
                                    "skeleton/etc/hosts", "skeleton/etc/hostname", "skeleton/etc/resolv.conf", NULL};
// Sources on the host and where they are bound in the root; the state folder is apart.
static const struct { const char *source, *name; } binds[] = {
    {"/dev/null", "dev/null"},     {"/dev/zero", "dev/zero"},       {"/dev/full", "dev/full"},
    {"/dev/random", "dev/random"}, {"/dev/urandom", "dev/urandom"}, {"/dev/tty", "dev/tty"},
    {"/sys/devices/system/cpu", "cpu"},
};

static int make_root(const struct csb_world *world, struct csb_failure *failure) {
    static const char *const options[] = {"mode", "755", "size", "1m", NULL};
    int root = csb_make_filesystem("tmpfs", options, MOUNT_ATTR_NOSUID);
    if (root < 0) return csb_fail_with(failure, CSB_STEP_ZYGOTE_ROOT, -root, "tmpfs");
    uid_t owner = world->rung == CSB_RUNG_SHIFTED ? CSB_SHIFT : 0;
    for (const char *const *name = directories; *name; name++)
        if (mkdirat(root, *name, 0755) < 0 || fchownat(root, *name, owner, owner, 0) < 0)
            return csb_fail(failure, CSB_STEP_MAKE, *name);
    for (const char *const *name = files; *name; name++) {
        CSB_CLOSE int file = openat(root, *name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (file < 0 || fchown(file, owner, owner) < 0) return csb_fail(failure, CSB_STEP_MAKE, *name);
    }
    return root;
}

// The state folder as steps see it. In `shifted` its ids are shifted up, so what root of a step (300000 on the host)
// makes is root's on disk. Mounts below it come along in a user namespace, where cutting them off is refused (they are locked).
static int clone_state(const struct csb_world *world, struct csb_failure *failure) {
    bool shifted = world->rung == CSB_RUNG_SHIFTED;
    bool locked = csb_executor_is_mapped(world->rung);
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (locked ? AT_RECURSIVE : 0);
    int tree = open_tree(AT_FDCWD, world->state_folder, flags);
    if (tree < 0) return csb_fail(failure, CSB_STEP_CLONE_STATE, world->state_folder);
    if (!shifted) return tree;
    CSB_CLOSE int owner = csb_user_namespace(failure);
    if (owner < 0) {
        close(tree);
        return owner;
    }
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)owner};
    if (mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0) return tree;
    int result = csb_fail(failure, CSB_STEP_IDMAP_STATE, world->state_folder);
    close(tree);
    return result;
}

static int bind_into(int tree, int root, const char *name, struct csb_failure *failure) {
    CSB_CLOSE int target = openat(root, name, O_PATH | O_CLOEXEC);
    if (target < 0) return csb_fail(failure, CSB_STEP_MOUNT_POINT, name);
    int result = csb_move(tree, target);
    return result < 0 ? csb_fail_with(failure, CSB_STEP_BIND, -result, name) : 0;
}

static int fill_root(const struct csb_world *world, int state, int root, struct csb_failure *failure) {
    int result = bind_into(state, root, "state", failure);
    for (size_t index = 0; index < sizeof binds / sizeof *binds && result >= 0; index++) {
        CSB_CLOSE int tree = open_tree(AT_FDCWD, binds[index].source,
                                       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
        if (tree < 0) return csb_fail(failure, CSB_STEP_BIND, binds[index].source);
        result = bind_into(tree, root, binds[index].name, failure);
    }
    if (result < 0) return result;
    // Names for terminals that a step is given; a machine may have none.
    CSB_CLOSE int terminals = open_tree(AT_FDCWD, "/dev/pts", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (terminals >= 0) result = bind_into(terminals, root, "terminals", failure);
    if (result < 0) return result;
    CSB_CLOSE int proc = csb_open_proc(world->proc_shows_outside, false);
    if (proc < 0) return csb_fail_with(failure, CSB_STEP_EXECUTOR_PROC, -proc, NULL);
    return bind_into(proc, root, "proc", failure);
}

// The map of a step's user namespace: the ids of the executor's, unchanged. When `mapped` shifts them, only the
// first range: the second is the executor's way to what the scheduler owns.
static int read_identity_map(const char *path, bool is_mapped, char *map, size_t size, struct csb_failure *failure) {
    CSB_CLOSE int file = open(path, O_RDONLY | O_CLOEXEC);
    char text[512] = "";
    if (file < 0 || csb_read(file, text, sizeof text - 1) <= 0) return csb_fail(failure, CSB_STEP_ID_MAP, path);
    size_t used = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *field = NULL;
        char *inside = strtok_r(line, " ", &field);
        char *outside = strtok_r(NULL, " ", &field);
        char *count = strtok_r(NULL, " ", &field);
        if (!inside || !outside || !count) return csb_fail_with(failure, CSB_STEP_ID_MAP, EINVAL, path);
        used += csb_format(map + used, size - used, "%s %s %s\n", inside, inside, count);
        if (is_mapped && strtoul(outside, NULL, 10) == CSB_SHIFT) break;
    }
    return 0;
}

static int prepare_maps(struct csb_world *world, struct csb_failure *failure) {
    if (world->rung == CSB_RUNG_SHIFTED) {
        csb_format(world->uid_map, sizeof world->uid_map, "0 %u %u", CSB_SHIFT, CSB_SHIFTED_COUNT);
        csb_format(world->gid_map, sizeof world->gid_map, "%s", world->uid_map);
        return 0;
    }
    if (!csb_step_is_mapped(world->rung)) return 0;
    bool mapped = world->rung == CSB_RUNG_MAPPED;
    int result = read_identity_map("/proc/self/uid_map", mapped, world->uid_map, sizeof world->uid_map, failure);
    if (result < 0) return result;
    return read_identity_map("/proc/self/gid_map", mapped, world->gid_map, sizeof world->gid_map, failure);
}

uint64_t csb_step_namespaces(int32_t rung) {
    uint64_t flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    return csb_step_is_mapped(rung) ? flags | CLONE_NEWUSER : flags;
}

int csb_map_step(const struct csb_world *world, int pidfd, struct csb_failure *failure) {
    if (!csb_step_is_mapped(world->rung)) return 0;
    return csb_write_maps(pidfd, world->uid_map, world->gid_map, failure);
}

int csb_build_world(struct csb_world *world, struct csb_failure *failure) {
    int result = prepare_maps(world, failure);
    if (result == 0) result = csb_take_state(world, failure);
    if (result < 0) return result;
    world->mount_namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (world->mount_namespace < 0) return csb_fail(failure, CSB_STEP_MOUNT_NAMESPACE, "/proc/self/ns/mnt");
    if (unshare(CLONE_NEWNS) < 0) return csb_fail(failure, CSB_STEP_MOUNT_NAMESPACE, NULL);
    // Before the new root: a process under a covered one counts as chrooted and gets no user namespace.
    CSB_CLOSE int state = clone_state(world, failure);
    if (state < 0) return state;
    CSB_CLOSE int root = make_root(world, failure);
    if (root < 0) return root;
    if (move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return csb_fail(failure, CSB_STEP_ZYGOTE_ROOT, "/");
    result = fill_root(world, state, root, failure);
    return result < 0 ? result : csb_pivot(root, failure);
}
