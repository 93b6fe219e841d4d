// What is mounted over an image for one step: each source becomes a mount of its own before the image is entered, since
// the state folder is out of reach then.
#include <limits.h>

#include "internal.h"
#include "owners.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

enum { RULES = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

// A folder in memory for what is made for one step only; nobody sees it once the image was entered.
int csb_open_workshop(struct csb_failure *failure) {
    static const char *const options[] = {"mode", "755", NULL};
    static const char *const folders[] = {"points", "files", "sources", NULL};
    CSB_CLOSE int files = csb_make_filesystem("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    if (files < 0) return csb_fail_with(failure, CSB_STEP_MAKE, -files, CSB_WORKSHOP);
    CSB_CLOSE int point = open(CSB_WORKSHOP, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int result = csb_move(files, point);
    if (result < 0) return csb_fail_with(failure, CSB_STEP_BIND, -result, CSB_WORKSHOP);
    for (const char *const *name = folders; *name; name++)
        if (mkdirat(files, *name, 0755) < 0) return csb_fail(failure, CSB_STEP_MAKE, *name);
    return 0;
}

static int fail(const struct csb_step_mount *mount, const char *path, int error, struct csb_failure *failure) {
    char text[sizeof failure->path];
    csb_format(text, sizeof text, "%s%s%s", mount->target, *path ? " from " : "", path);
    return csb_fail_with(failure, CSB_STEP_MOUNT_SOURCE, error, text);
}

// A copy of the mount that holds an open file or directory, with that as its root.
static int clone_mount(int fd) {
    int tree = open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    return tree < 0 ? -errno : tree;
}

static int clone_inside(int root, const struct csb_step_mount *mount, struct csb_failure *failure) {
    CSB_CLOSE int inside = csb_openat2(root, *mount->path ? mount->path : ".", O_PATH, RULES);
    if (inside < 0) return fail(mount, mount->path, -inside, failure);
    int tree = clone_mount(inside);
    return tree < 0 ? fail(mount, mount->path, -tree, failure) : tree;
}

static int open_in_state(const char *path) {
    CSB_CLOSE int state = open("/state", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return csb_openat2(state, path, O_PATH, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

// Only what is attached can be cloned in part.
static int attach_source(int source, size_t number) {
    char path[64];
    csb_format(path, sizeof path, CSB_WORKSHOP "/sources/%zu", number);
    if (mkdir(path, 0755) < 0) return -errno;
    CSB_CLOSE int point = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return point < 0 ? -errno : csb_move(source, point);
}

// An overlay also of one layer: that may hold whiteouts. Below it lies an empty one, as the kernel wants two.
static int open_layers(const struct csb_step_mount *mount, size_t number, struct csb_failure *failure) {
    bool is_written = *mount->upper;
    if (!mount->layers[0] && !is_written) {
        CSB_CLOSE int empty = open("/empty", O_PATH | O_DIRECTORY | O_CLOEXEC);
        return clone_inside(empty, mount, failure);
    }
    struct csb_overlay overlay = {.lowers = mount->layers,
                                  .last_lower = "/empty",
                                  .upper = is_written ? mount->upper : NULL,
                                  .work = mount->work};
    CSB_CLOSE int source = csb_mount_overlay(&overlay, failure);
    if (source < 0) return source;
    int result = attach_source(source, number);
    return result < 0 ? fail(mount, "", -result, failure) : clone_inside(source, mount, failure);
}

static int open_folder(const struct csb_step_mount *mount, struct csb_failure *failure) {
    CSB_CLOSE int folder = open_in_state(mount->layers[0]);
    if (folder < 0) return fail(mount, mount->layers[0], -folder, failure);
    return clone_inside(folder, mount, failure);
}

// ramfs: unlike tmpfs it is never swapped out.
static int open_memory(void) {
    CSB_CLOSE int memory = csb_make_filesystem("ramfs", NULL, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    CSB_CLOSE int point = open(CSB_WORKSHOP "/files", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (memory < 0) return memory;
    if (point < 0) return -errno;
    int result = csb_move(memory, point);
    return result < 0 ? result : open(CSB_WORKSHOP "/files", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int copy_content(int source, int target) {
    char buffer[65536];
    for (off_t offset = 0;;) {
        ssize_t count = pread(source, buffer, sizeof buffer, offset);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return count < 0 ? -errno : 0;
        int result = csb_write_all(target, buffer, (size_t)count);
        if (result < 0) return result;
        offset += count;
    }
}

// Where there is one id only the recorder tells it, if the file system can hold it.
static int give(int file, const struct csb_step_mount *mount, bool has_one_id) {
    int result = has_one_id ? clinux_record_owner(file, "", mount->uid, mount->gid, AT_EMPTY_PATH)
                            : fchownat(file, "", mount->uid, mount->gid, AT_EMPTY_PATH);
    return result < 0 && !(has_one_id && errno == EOPNOTSUPP) ? -errno : 0;
}

static int make_file(const struct csb_step_mount *mount, size_t number, bool has_one_id, int *memory) {
    char name[16];
    csb_format(name, sizeof name, "%zu", number);
    if (*memory < 0) *memory = open_memory();
    if (*memory < 0) return *memory;
    CSB_CLOSE int file = openat(*memory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return -errno;
    int result = copy_content(mount->content_fd, file);
    if (result < 0) return result;
    result = give(file, mount, has_one_id);
    if (result < 0) return result;
    if (fchmod(file, mount->mode) < 0) return -errno;
    return clone_mount(file);
}

static int open_socket(const struct csb_step_mount *mount, bool has_one_id) {
    struct stat status;
    CSB_CLOSE int file = open_in_state(mount->layers[0]);
    if (file < 0) return file;
    if (fstat(file, &status) < 0) return -errno;
    if (!S_ISSOCK(status.st_mode)) return -ENOTSOCK;
    int result = give(file, mount, has_one_id);
    if (result < 0) return result;
    if (syscall(SYS_fchmodat2, file, "", mount->mode, AT_EMPTY_PATH) < 0) return -errno;
    return clone_mount(file);
}

static int open_source(const struct csb_mounts *mounts, size_t number, int *memory, struct csb_failure *failure) {
    const struct csb_step_mount *mount = &mounts->list[number];
    int tree = -EBADMSG;
    switch (mount->kind) {
    case CSB_MOUNT_LAYERS: return open_layers(mount, number, failure);
    case CSB_MOUNT_FOLDER: return open_folder(mount, failure);
    case CSB_MOUNT_FILE: tree = make_file(mount, number, mounts->has_one_id, memory); break;
    case CSB_MOUNT_SOCKET: tree = open_socket(mount, mounts->has_one_id); break;
    }
    return tree < 0 ? fail(mount, "", -tree, failure) : tree;
}

static int look_at(const struct csb_step_mount *mount, struct csb_source *source, struct csb_failure *failure) {
    struct stat status;
    if (fstat(source->tree, &status) < 0) return fail(mount, "", errno, failure);
    source->is_directory = S_ISDIR(status.st_mode);
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
    if (mount->read_only) attributes.attr_set |= MOUNT_ATTR_RDONLY;
    int result = mount_setattr(source->tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
    return result < 0 ? fail(mount, "", errno, failure) : 0;
}

// File systems in memory come when their mount point is known.
int csb_open_sources(struct csb_mounts *mounts, struct csb_failure *failure) {
    CSB_CLOSE int memory = -1;
    for (size_t index = 0; index < mounts->count; index++) {
        const struct csb_step_mount *mount = &mounts->list[index];
        struct csb_source *source = &mounts->sources[index];
        *source = (struct csb_source){.tree = -1, .is_directory = true};
        if (mount->kind == CSB_MOUNT_MEMORY) continue;
        source->tree = open_source(mounts, index, &memory, failure);
        int result = source->tree < 0 ? source->tree : look_at(mount, source, failure);
        if (result < 0) return result;
    }
    return 0;
}
